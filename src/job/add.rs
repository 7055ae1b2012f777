//! More proxies for a finished score file: only these are computed, and the file is rewritten with all proxies.

use super::journal::Journal;
use super::plan::Plan;
use super::rows::{self, Rows};
use super::{Job, Manifest, Scoring, Summary, fit, manifest, run};
use crate::listener::Listener;
use crate::results::{ScoreRows, beside, check_out, manifest_of, write_score_file};
use crate::{Error, Result};
use polars::prelude::{DataFrame, IdxCa, IdxSize};
use std::sync::atomic::AtomicBool;
use zeronas_datasets::table::file::TableFile;

impl Job {
    /// Adds proxies to the score file at [`Job::out`], which this job made earlier with the proxies that the file names. The new file is the
    /// one that the job would have made with all proxies at once, except for measured seconds. A killed run continues from its journal, and
    /// a file that already ends with these proxies stays as it is.
    ///
    /// # Errors
    /// As [`Job::run`]; also fails if the file does not exist, was made with other settings, or has one of the proxies already.
    pub fn add(&self, proxies: &[String], stop: &AtomicBool, listener: &dyn Listener) -> Result<Summary> {
        check_out(&self.out)?;
        let refused = |reason: String| Error::setting("add_proxies", reason);
        if !self.out.exists() {
            return Err(refused(format!("there is no {} to add to; score without it first", self.out.display())));
        }
        let table = TableFile::open(&self.out)?;
        let missing = || Error::file(&self.out, "has no manifest; it was not written by `zeronas score`");
        let found = manifest_of(&table)?.ok_or_else(missing)?;
        let damaged = |error| Error::file(&self.out, format!("its manifest is damaged: {error}"));
        let there: Vec<String> = serde_json::from_value(found["proxies"].clone()).map_err(damaged)?;
        Manifest::new(&self.with(there.clone()), &self.archs, self.sampler).check_against(&found, &self.out)?;

        let scoring = self.with(proxies.to_vec());
        scoring.check()?;
        let plan = Plan::new(&scoring, &self.archs)?;
        let on_reference = manifest::on_reference(&found);
        let mut summary = Summary { archs: plan.archs.len(), networks: plan.items.len(), scored: 0, on_reference };
        if there.ends_with(proxies) {
            return Ok(summary);
        }
        if let Some(name) = proxies.iter().find(|name| there.contains(name)) {
            return Err(refused(format!("{} has {name} already", self.out.display())));
        }
        let device = scoring.settings.open()?;
        let of_added = Manifest::new(&scoring, &self.archs, self.sampler);
        let at_once = fit::at_once(self.memory, &scoring, &device, &plan, stop, listener)?;
        let scoring = Scoring { at_once, ..scoring };
        let mut journal = Journal::open(&beside(&self.out, ".added.journal"), &of_added, &plan)?;
        let progress = &|progress| listener.progress(progress);
        summary.scored = run::score_networks(&scoring, &device, &plan, &mut journal, stop, progress)?;

        let earlier = ScoreRows::read_whole(&table)?;
        let (seeds, old, new) = (scoring.settings.seeds as usize, there.len(), proxies.len());
        if earlier.len() != plan.archs.len().saturating_mul(seeds.saturating_mul(old)) {
            let (rows, archs) = (earlier.len(), plan.archs.len());
            return Err(Error::file(&self.out, format!("has {rows} rows for {archs} architectures")));
        }
        let mut added = Rows::new(&scoring, &journal)?;
        let mut before = 0;
        let pieces = plan.archs.chunks(rows::PIECE).map(|piece| -> Result<DataFrame> {
            let of_piece: Vec<usize> = (before * seeds * old..(before + piece.len()) * seeds * old).collect();
            let misplaced = |&&row: &&usize| earlier.arch[row] != piece[row / (seeds * old) - before].arch.as_str();
            if let Some(row) = of_piece.iter().find(misplaced) {
                return Err(Error::file(&self.out, format!("row {} is out of place", row + 1)));
            }
            before += piece.len();
            let mut frame = earlier.frame(&of_piece)?;
            let first_added = frame.height();
            frame.vstack_mut(&added.of(piece)?)?;
            // For each architecture and seed, first the earlier rows, then the added ones.
            let order = (0..piece.len() * seeds).flat_map(|block| {
                (block * old..(block + 1) * old)
                    .chain((block * new..(block + 1) * new).map(move |row| first_added + row))
            });
            let order = IdxCa::from_vec("order".into(), order.map(|row| row as IdxSize).collect());
            Ok(frame.take(&order)?)
        });
        let mut manifest = Manifest::new(&self.with([there, proxies.to_vec()].concat()), &self.archs, self.sampler);
        // If the added proxies run no network, the journal counts none on the reference engine.
        summary.on_reference = on_reference.max(journal.on_reference());
        manifest.on_reference = summary.on_reference;
        let places: Vec<usize> = plan.archs.iter().map(|arch| arch.place).collect();
        let places = scoring.settings.shard.map(|_| places);
        write_score_file(&self.out, pieces, &manifest, places.as_deref())?;
        journal.remove()?;
        Ok(summary)
    }

    /// The job's scoring with these proxies.
    fn with(&self, proxies: Vec<String>) -> Scoring {
        let mut scoring = self.scoring.clone();
        scoring.settings.proxies = proxies;
        scoring
    }
}

//! Turns results into the rows of the score file, a piece at a time.

use super::journal::Journal;
use super::plan::{Item, Plan, PlannedArch};
use super::results::Results;
use super::{Job, Manifest, Scoring};
use crate::device::Opened;
use crate::results::{Entry, write_score_file};
use crate::space::Arch;
use crate::{Error, Result};
use polars::prelude::*;
use std::collections::HashMap;
use zeronas_proxies::{Scorer, Status};

/// Architectures whose rows are in memory at once.
pub(super) const PIECE: usize = 4096;

/// Writes a job's score file.
pub(super) fn write(job: &Job, plan: &Plan, manifest: &Manifest, journal: &Journal) -> Result<()> {
    let mut rows = Rows::new(&job.scoring, journal)?;
    let places: Vec<usize> = plan.archs.iter().map(|arch| arch.place).collect();
    let places = job.scoring.settings.shard.map(|_| places);
    // Bounded pieces: memory does not grow with the number of architectures.
    let pieces = plan.archs.chunks(PIECE).map(|piece| rows.of(piece));
    write_score_file(&job.out, pieces, manifest, places.as_deref())
}

/// Makes the rows of architectures.
pub(super) struct Rows<'a> {
    scoring: &'a Scoring,
    results: &'a dyn Results,
    /// Names of the proxies that run a network, as in the journal's lines.
    running: Vec<&'static str>,
    /// Scores the proxies that only read the network as written.
    written: Scorer,
}

impl<'a> Rows<'a> {
    pub fn new(scoring: &'a Scoring, results: &'a dyn Results) -> Result<Self> {
        let (running, written) = scoring.split_proxies()?;
        let running = running.iter().map(|proxy| proxy.info().name).collect();
        let written = Scorer::new(written, scoring.settings.protocol(), scoring.settings.engine(&Opened::Cpu, 1));
        Ok(Rows { scoring, results, running, written })
    }

    /// One row per architecture, seed and proxy.
    pub fn of(&mut self, archs: &[PlannedArch]) -> Result<DataFrame> {
        let mut names: Vec<(&str, Option<String>, &str, u64)> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for PlannedArch { arch, network, .. } in archs {
            let key = self.scoring.space.key(arch)?;
            let written = self.written_entries(arch)?;
            for seed in self.scoring.settings.seeds() {
                let measured = self.measured_entries(*network, seed)?;
                let mut found: HashMap<&str, Entry> = self.running.iter().copied().zip(measured).collect();
                found.extend(written.iter().map(|(name, entry)| (*name, entry.clone())));
                for proxy in &self.scoring.settings.proxies {
                    let entry = found.remove(proxy.as_str());
                    entries.push(entry.ok_or_else(|| Error::Internal(format!("{proxy} has no result for `{arch}`")))?);
                    names.push((arch.as_str(), key.clone(), proxy, seed));
                }
            }
        }
        let text = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
            Column::new(name.into(), (0..entries.len()).map(of).collect::<Vec<_>>())
        };
        let number = |name: &str, of: &dyn Fn(&Entry) -> Option<f64>| {
            Column::new(name.into(), entries.iter().map(of).collect::<Vec<_>>())
        };
        let columns = vec![
            text("space", &|_| Some(self.scoring.space.name().into())),
            text("arch", &|row| Some(names[row].0.into())),
            text("key", &|row| names[row].1.clone()),
            text("proxy", &|row| Some(names[row].2.into())),
            Column::new("seed".into(), names.iter().map(|row| row.3).collect::<Vec<_>>()),
            number("score", &|entry| entry.score),
            number("ln_score", &|entry| entry.ln_score),
            text("status", &|row| Some(entries[row].status.clone())),
            number("seconds", &|entry| Some(entry.seconds)),
        ];
        Ok(DataFrame::new(entries.len(), columns)?)
    }

    /// The results of the proxies that run a network, or the status of a disconnected one where there is none.
    fn measured_entries(&self, network: Option<usize>, seed: u64) -> Result<Vec<Entry>> {
        if self.running.is_empty() {
            return Ok(Vec::new());
        }
        match network {
            Some(network) => self.results.get(Item { network, seed }),
            None => {
                let status = Status::Disconnected.as_str().into();
                let disconnected = Entry { score: None, ln_score: None, status, seconds: 0.0 };
                Ok(vec![disconnected; self.running.len()])
            }
        }
    }

    fn written_entries(&mut self, arch: &Arch) -> Result<Vec<(&'static str, Entry)>> {
        if self.running.len() == self.scoring.settings.proxies.len() {
            return Ok(Vec::new());
        }
        let net = self.scoring.space.network(arch)?;
        let batch = zeronas_proxies::Batch::ones(net.input_shape());
        let scores = self.written.score(&net, &[&batch], 0)?;
        Ok(scores.iter().map(|score| (score.proxy, Entry::from(score))).collect())
    }
}

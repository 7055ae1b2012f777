//! Scoring jobs: many architectures, several threads, and results that survive a crash.
//!
//! A job groups the architectures that are the same network, scores each network once per seed, and writes each result to a journal as soon
//! as it has it. When nothing is left to score, the journal becomes the score file: one row per architecture, seed and proxy, in the order
//! asked for. A killed job continues from its journal and ends with the same rows.

mod add;
mod fit;
mod journal;
mod manifest;
mod merge;
mod minibatches;
mod plan;
mod preset;
mod presets;
mod request;
mod results;
mod rows;
mod run;
mod scoring;
mod settings;
mod table;

pub use manifest::Manifest;
pub use merge::{MergeRequest, Merged};
pub(crate) use minibatches::minibatches;
pub use preset::Preset;
pub use request::{ScoreRequest, Scored};
pub use scoring::Scoring;
pub(crate) use settings::check_images;
pub use settings::{EngineChoice, ImageOrder, Settings, Shard};

use crate::listener::Listener;
use crate::results::{beside, check_out, manifest_of, remove_leftover};
use crate::space::{Arch, Sampler};
use crate::{Error, Result};
use journal::Journal;
use plan::Plan;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use zeronas_datasets::table::file::TableFile;

/// What to score, on what, and where the scores go.
pub struct Job {
    /// The space, images and settings to score with.
    pub scoring: Scoring,
    /// The architectures, each once.
    pub archs: Vec<Arch>,
    /// How they were drawn, if they were; for the manifest only.
    pub sampler: Option<Sampler>,
    /// The score file: CSV if its name ends in `.csv`, otherwise Parquet.
    pub out: PathBuf,
    /// Continue what a run with the same settings left at [`Job::out`].
    pub resume: bool,
    /// Bytes that scoring may take: no more networks run at a time than fit.
    pub memory: Option<u64>,
}

/// What a finished job did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Architectures in the score file.
    pub archs: usize,
    /// Networks to score: the distinct networks of the architectures, times the number of seeds.
    pub networks: usize,
    /// Networks that this run scored; the others had been scored before.
    pub scored: usize,
    /// Networks that ran on the reference engine because the one asked for does not support them.
    pub on_reference: usize,
}

impl Job {
    /// Runs the job to the end, or until `stop` is set. `listener` is told the progress after every network, from any thread; a network
    /// counts once per seed.
    ///
    /// # Errors
    /// Fails on invalid settings, and on an output that exists, cannot be written or was made with other settings; returns
    /// [`Error::Interrupted`] after `stop`.
    pub fn run(&self, stop: &AtomicBool, listener: &dyn Listener) -> Result<Summary> {
        // Check before anything is written, so that a job that cannot run leaves nothing behind.
        check_out(&self.out)?;
        self.scoring.check()?;
        if self.archs.is_empty() {
            return Err(Error::setting("archs", "there is no architecture to score"));
        }
        let device = self.scoring.settings.open()?;
        let plan = Plan::new(&self.scoring, &self.archs)?;
        let mut manifest = Manifest::new(&self.scoring, &self.archs, self.sampler);
        let mut summary = Summary { archs: plan.archs.len(), networks: plan.items.len(), scored: 0, on_reference: 0 };

        let journal_path = beside(&self.out, ".journal");
        if self.out.exists() {
            if !self.resume {
                return Err(Error::exists(&self.out));
            }
            let missing = || Error::file(&self.out, "has no manifest; it was not written by `zeronas score`");
            let found = manifest_of(&TableFile::open(&self.out)?)?.ok_or_else(missing)?;
            manifest.check_against(&found, &self.out)?;
            summary.on_reference = manifest::on_reference(&found);
            remove_leftover(&journal_path)?;
            return Ok(summary);
        }
        if journal_path.exists() && !self.resume {
            let reason = "is an unfinished run; `resume=` continues it, or delete it";
            return Err(Error::file(&journal_path, reason));
        }
        let at_once = fit::at_once(self.memory, &self.scoring, &device, &plan, stop, listener)?;
        let scoring = Scoring { at_once, ..self.scoring.clone() };
        let mut journal = Journal::open(&journal_path, &manifest, &plan)?;
        let progress = &|progress| listener.progress(progress);
        summary.scored = run::score_networks(&scoring, &device, &plan, &mut journal, stop, progress)?;
        manifest.on_reference = journal.on_reference();
        summary.on_reference = manifest.on_reference;
        rows::write(self, &plan, &manifest, &journal)?;
        journal.remove()?;
        Ok(summary)
    }
}

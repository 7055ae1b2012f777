//! Accuracies that are trained for when a search asks for them.

use super::{Row, Seconds, Source};
use crate::space::{Arch, SearchSpace};
use crate::train::{EpochRow, Settings, Training};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use zeronas_datasets::Splits;

/// Really trains architectures, one after the other. Each has a folder of its own, as of `zeronas train`, in which a later
/// process finds it trained, or goes on.
pub struct Trained {
    space: Arc<dyn SearchSpace>,
    images: Splits,
    settings: Settings,
    threads: usize,
    folder: PathBuf,
    stop: Arc<AtomicBool>,
    /// What trainings came to. It is locked while one goes on, so that it has all threads.
    known: Mutex<HashMap<Arch, Row>>,
}

impl Trained {
    /// The columns, in percent: the accuracy on validation images, and on test images where there are any.
    pub const COLUMNS: [&str; 2] = ["valid_accuracy", "test_accuracy"];

    /// Trains on `images`, of which some must be held out for validation, on so many threads, with a folder for each
    /// architecture in `folder`, until `stop` is set.
    ///
    /// # Errors
    /// Names the flag of a setting that makes no sense with the images.
    pub fn new(
        space: Arc<dyn SearchSpace>,
        images: Splits,
        settings: Settings,
        threads: usize,
        folder: PathBuf,
        stop: Arc<AtomicBool>,
    ) -> Result<Self> {
        let trained = Trained { space, images, settings, threads, folder, stop, known: Mutex::default() };
        trained.training(&trained.space.nth(0)).check()?;
        Ok(trained)
    }

    fn training<'a>(&'a self, arch: &'a Arch) -> Training<'a> {
        Training {
            space: self.space.as_ref(),
            arch,
            images: &self.images,
            images_name: self.images.train.name(),
            settings: self.settings.clone(),
            threads: self.threads,
            out: self.folder.join(format!("{:016x}", zeronas_random::fnv1a64(arch.as_str().as_bytes()))),
            resume: true,
        }
    }

    fn train(&self, arch: &Arch) -> Result<Row> {
        let training = self.training(arch);
        // On a thread of its own: one of the search's pool that waits for another pool takes up a further run meanwhile, which
        // would wait for this one.
        let trained = std::thread::scope(|scope| scope.spawn(|| training.run(&self.stop, &|_| ())).join());
        let summary = trained.map_err(|_| Error::Internal(format!("training `{arch}` has failed")))??;
        let none = || Error::Internal(format!("training `{arch}` has no last epoch"));
        let last = summary.history.last().ok_or_else(none)?;
        let seconds = |row: &EpochRow| row.seconds + row.evaluation_seconds;
        Ok(Row {
            values: [last.valid, last.test].map(|measures| measures.map(|measures| measures.accuracy)).to_vec(),
            spent: Seconds { training: summary.history.iter().map(seconds).sum(), scoring: 0.0 },
        })
    }
}

impl Source for Trained {
    /// An architecture that lets nothing through has no row: there is nothing to train.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
        let mut known = self.known.lock().map_err(|_| Error::Internal("another thread has failed".into()))?;
        let mut row = |arch: &Arch| {
            if self.space.key(arch)?.is_none() {
                return Ok(None);
            }
            if let Some(row) = known.get(arch) {
                return Ok(Some(row.clone()));
            }
            let row = self.train(arch)?;
            known.insert(arch.clone(), row.clone());
            Ok(Some(row))
        };
        archs.iter().map(&mut row).collect()
    }
}

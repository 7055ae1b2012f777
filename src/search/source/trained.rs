//! Accuracies from trainings that run when a search asks for them.

use super::{Row, Source};
use crate::space::{Arch, SearchSpace};
use crate::train::{EpochRow, SAVE_AFTER, Settings, Training, folder_of};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use zeronas_datasets::Splits;

/// Really trains architectures, one after another. Each has its own folder, like one of `zeronas train`, so that a later process finds it
/// trained or resumes its training.
pub struct Trained {
    space: Arc<dyn SearchSpace>,
    images: Splits,
    settings: Settings,
    threads: usize,
    folder: PathBuf,
    stop: Arc<AtomicBool>,
    /// The results of trainings. It is locked during a training, which has all threads to itself.
    known: Mutex<HashMap<Arch, Row>>,
}

impl Trained {
    /// The columns, in percent: the accuracy on validation images, and on test images where there are any.
    pub const COLUMNS: [&str; 2] = ["valid_accuracy", "test_accuracy"];

    /// Creates a source that trains on `images`, some of which must be held out for validation, with this many threads, until `stop` is set.
    /// `folder` gets a folder for each architecture.
    ///
    /// # Errors
    /// Names a setting that does not fit the images.
    pub fn new(
        space: Arc<dyn SearchSpace>,
        images: Splits,
        settings: Settings,
        threads: usize,
        folder: PathBuf,
        stop: Arc<AtomicBool>,
    ) -> Result<Self> {
        settings.check(space.as_ref(), &images, threads)?;
        Ok(Trained { space, images, settings, threads, folder, stop, known: Mutex::default() })
    }

    fn training<'a>(&'a self, arch: &'a Arch) -> Training<'a> {
        Training {
            space: self.space.as_ref(),
            arch,
            images: &self.images,
            images_name: self.images.train.name(),
            settings: self.settings.clone(),
            threads: self.threads,
            out: folder_of(&self.folder, arch),
            resume: true,
            save_after: SAVE_AFTER,
        }
    }

    fn train(&self, arch: &Arch) -> Result<Row> {
        let training = self.training(arch);
        let summary = training.run(&self.stop, &|_| ())?;
        let none = || Error::Internal(format!("training `{arch}` has no last epoch"));
        let last = summary.history.last().ok_or_else(none)?;
        let seconds = |row: &EpochRow| row.seconds + row.evaluation_seconds;
        Ok(Row {
            values: [last.valid, last.test].map(|measures| measures.map(|measures| measures.accuracy)).to_vec(),
            training: summary.history.iter().map(seconds).sum(),
            scoring: free(),
        })
    }
}

/// The scoring seconds of a source that scores nothing.
fn free() -> Vec<Option<f64>> {
    vec![Some(0.0); Trained::COLUMNS.len()]
}

impl Source for Trained {
    /// An architecture that lets nothing through has no row, as there is nothing to train. One whose training diverges has a row without values.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
        let mut known = self.known.lock().map_err(|_| Error::Internal("another thread has failed".into()))?;
        let mut row = |arch: &Arch| {
            if self.space.key(arch)?.is_none() {
                return Ok(None);
            }
            if let Some(row) = known.get(arch) {
                return Ok(Some(row.clone()));
            }
            let row = match self.train(arch) {
                Err(error @ Error::Diverged { .. }) => {
                    tracing::warn!("{error}; the search goes on without its value");
                    Row { values: vec![None; Self::COLUMNS.len()], training: 0.0, scoring: free() }
                }
                trained => trained?,
            };
            known.insert(arch.clone(), row.clone());
            Ok(Some(row))
        };
        archs.iter().map(&mut row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::space::NatsTss;
    use crate::train::RecipeName;
    use zeronas_datasets::{ImageSet, ValidSplit};

    #[test]
    fn a_training_that_diverges_has_no_value() {
        let dir = tempfile::tempdir().unwrap();
        let space = Arc::new(NatsTss { channels: 4, cells: 1, classes: 10, resolution: 32 });
        let images = Splits::from(ImageSet::embedded()).with_valid(&ValidSplit::Images(156)).unwrap();
        let mut recipe = RecipeName::QUICK.recipe();
        (recipe.epochs, recipe.batch_size, recipe.schedule.peak) = (1, 20, 1e36);
        let settings = Settings { recipe, seed: 0, as_written: false, exact: false, device: Device::Cpu };
        let source = Trained::new(space.clone(), images, settings, 1, dir.path().into(), Arc::default()).unwrap();
        let arch = space.parse("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|").unwrap();
        let cut_off = space.parse("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|").unwrap();
        let rows = source.rows(&[arch, cut_off]).unwrap();
        assert_eq!(rows, [Some(Row { values: vec![None; 2], training: 0.0, scoring: free() }), None]);
    }
}

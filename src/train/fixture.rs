//! Trainings for tests.

use super::tally::Measures;
use super::{EpochRow, Recipe, SAVE_AFTER, Settings, Training};
use crate::device::Device;
use crate::space::{Arch, SearchSpace};
use std::path::Path;
use zeronas_datasets::Splits;

/// A training on one thread with seed 0, which continues what is in its folder.
pub(super) fn training<'a>(
    space: &'a dyn SearchSpace,
    arch: &'a Arch,
    images: &'a Splits,
    recipe: Recipe,
    out: &Path,
) -> Training<'a> {
    Training {
        space,
        arch,
        images,
        images_name: "embedded",
        settings: Settings { recipe, seed: 0, as_written: false, exact: false, device: Device::Cpu },
        threads: 1,
        out: out.to_owned(),
        resume: true,
        save_after: SAVE_AFTER,
    }
}

/// An epoch that ended with this accuracy.
pub(super) fn row(accuracy: f64) -> EpochRow {
    let measures = Measures { loss: 1.0, accuracy, top5: 100.0 };
    EpochRow {
        epoch: 3,
        steps: 30,
        learning_rate: 0.1,
        train: measures,
        valid: Some(measures),
        test: None,
        seconds: 1.0,
        evaluation_seconds: 0.1,
        images_per_second: 100.0,
    }
}

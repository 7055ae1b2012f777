//! Trainings for tests.

use super::{Recipe, SAVE_AFTER, Settings, Training};
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

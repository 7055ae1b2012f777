//! The word or path that says which images networks are scored on.

use crate::Result;
use crate::space::SearchSpace;
use std::path::Path;
use zeronas_datasets::{ImageSet, Source};

/// Images by what the command line calls them: `embedded`, `synthetic`, `noise`, or a path. Those that are made up are as the
/// space wants them.
///
/// # Errors
/// If it is a path at which there is no image set.
pub fn images(name: &str, space: &dyn SearchSpace) -> Result<Source> {
    let (side, classes) = (space.resolution(), space.classes());
    Ok(match name {
        "embedded" => Source::Set(ImageSet::embedded()),
        "synthetic" => Source::Synthetic { side, classes },
        "noise" => Source::Noise { side, classes },
        path => Source::Set(ImageSet::open(Path::new(path))?),
    })
}

//! The request for a build of the benchmark.

use super::{Build, SPACE, Settings, Summary};
use crate::Result;
use crate::device::cores;
use crate::images::Images;
use crate::listener::{Listener, Stop};
use crate::space::{Mini, SearchSpace};
use std::path::PathBuf;
use zeronas_datasets::image::Reading;

/// Repeats the trainings of the benchmark.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// Everything that decides the benchmark besides its images.
    pub settings: Settings,
    /// The images: CIFAR-10 for the table that comes with the program, or a path of others. The networks take their classes and resolution.
    pub images: String,
    /// Leave damaged pictures out, instead of refusing the folder.
    pub skip_damaged: bool,
    /// Number of trainings at a time; all cores by default.
    pub threads: Option<usize>,
    /// Folder for the results.
    pub out: PathBuf,
    /// Continue what an earlier run left there.
    pub resume: bool,
}

impl BuildRequest {
    /// A request to build the benchmark on these images, into this folder, with the settings of the table in the program.
    pub fn new(images: &str, out: impl Into<PathBuf>) -> Self {
        BuildRequest {
            settings: Settings::default(),
            images: images.to_owned(),
            skip_damaged: false,
            threads: None,
            out: out.into(),
            resume: false,
        }
    }

    /// Runs the remaining trainings, and writes the table.
    ///
    /// # Errors
    /// Names the setting, file or picture at fault; [`Interrupted`](crate::Error::Interrupted) after `stop`.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Summary> {
        let images = Images::find(&self.images, &Reading { classes: None, skip_damaged: self.skip_damaged })?;
        let fitted =
            images.space(SPACE.name(), &[("channels", SPACE.channels.into()), ("cells", SPACE.cells.into())])?;
        let space = Mini { classes: fitted.classes(), resolution: fitted.resolution(), ..SPACE };
        let images = images.read_noted(&space, listener)?.splits()?;
        let threads = self.threads.unwrap_or_else(cores);
        let (settings, out) = (self.settings.clone(), self.out.clone());
        let build = Build { settings, space, images, threads, out, resume: self.resume };
        build.run(stop, &|progress| listener.progress(progress))
    }
}

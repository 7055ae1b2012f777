//! The flags that say how images are read, and the line that says what was.

use crate::images::Loaded;
use zeronas_datasets::image::Reading;

/// How images are read.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PictureArgs {
    /// Leave damaged pictures of --images out and say how many, instead of refusing the folder
    #[arg(long)]
    skip_damaged: bool,
}

impl PictureArgs {
    /// The same, of files whose records do not say of how many classes they are.
    pub fn reading(&self, classes: Option<usize>) -> Reading {
        Reading { classes, skip_damaged: self.skip_damaged }
    }
}

/// Says what was read.
pub fn tell(images: &Loaded) {
    if let Some(line) = images.line() {
        eprintln!("images: {line}");
    }
}

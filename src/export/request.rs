//! The request for an export.

use super::{Exported, Format, Initial, Model, from_json, from_training, write};
use crate::Result;
use crate::space::SpaceChoice;
use std::path::PathBuf;

/// Writes a network for other programs.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The network.
    pub source: ExportSource,
    /// The format.
    pub to: Format,
    /// Seed of the initial weights of a network that was not trained.
    pub seed: u64,
    /// The ONNX file, or the folder of the PyTorch module.
    pub out: PathBuf,
}

/// The network that is exported.
#[derive(Clone, Debug)]
pub enum ExportSource {
    /// The network of an architecture, as written, with its initial weights.
    Arch {
        /// The space.
        space: SpaceChoice,
        /// The architecture, in its benchmark's notation.
        arch: String,
    },
    /// A network in JSON, with its initial weights.
    Network(PathBuf),
    /// The results of a training in this folder.
    Trained(PathBuf),
}

impl ExportRequest {
    /// A request to export this network in this format, into this file or folder.
    pub fn new(source: ExportSource, to: Format, out: impl Into<PathBuf>) -> Self {
        ExportRequest { source, to, seed: Initial::default().seed, out: out.into() }
    }

    /// Writes the files.
    ///
    /// # Errors
    /// Names the file, setting or layer at fault.
    pub fn run(&self) -> Result<Exported> {
        let initial = Initial { seed: self.seed, ..Initial::default() };
        let model = match &self.source {
            ExportSource::Network(path) => from_json(path, initial)?,
            ExportSource::Trained(folder) => from_training(folder)?,
            ExportSource::Arch { space, arch } => {
                let space = space.space()?;
                let arch = space.parse(arch)?;
                Model::initial(arch.to_string(), space.network(&arch)?, initial)
            }
        };
        write(&model, self.to, &self.out)
    }
}

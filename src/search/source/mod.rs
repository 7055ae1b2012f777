//! Where the numbers of architectures come from: benchmark tables, score files, or networks that are really run or trained.

mod index;
mod measured;
mod score_file;
mod tables;
mod trained;

pub use measured::{Known, Measured};
pub use score_file::{ScoreFile, read as read_scores};
pub use tables::{Cost, TableColumns, Tables};
pub use trained::Trained;

use crate::space::Arch;
use crate::{Error, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeronas_datasets::sha256_hex;
use zeronas_datasets::table::file::parts;

/// What a source knows of one architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// A value per column; `None` where there is none, as for a proxy of a network that is cut off.
    pub values: Vec<Option<f64>>,
    /// What training took when the table was made (simulated seconds), or takes where a search really trains.
    pub training: f64,
    /// Measured seconds that scoring takes without training, a column; `None` where they are not known.
    pub scoring: Vec<Option<f64>>,
}

/// Columns of numbers by architecture.
pub trait Source: Send + Sync {
    /// The architectures' rows, in their order; `None` for one that is not there.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>>;
}

/// Files with the SHA-256 of their bytes, for a manifest.
pub(crate) fn fingerprints(paths: &[PathBuf]) -> Result<Vec<Value>> {
    paths.iter().map(|path| Ok(fingerprint(path, &sha256_of_file(path)?))).collect()
}

fn fingerprint(path: &Path, sha256: &str) -> Value {
    json!({ "file": path, "sha256": sha256 })
}

/// SHA-256 of a file or, one after another, of the parts in a folder, in hexadecimal digits.
fn sha256_of_file(path: &Path) -> Result<String> {
    let read = |part: PathBuf| std::fs::read(&part).map_err(Error::io(&part, "cannot be read"));
    let bytes = parts(path)?.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(sha256_hex(bytes.iter().map(Vec::as_slice)))
}

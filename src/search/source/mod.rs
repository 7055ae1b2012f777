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
use sha2::{Digest, Sha256};
use std::path::Path;

/// What a source knows of one architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// A value a column; `None` where there is none, as for a proxy of a network that is cut off.
    pub values: Vec<Option<f64>>,
    /// What finding out costs.
    pub spent: Seconds,
}

/// The two clocks of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seconds {
    /// What training took when the table was made (simulated seconds), or takes where a search really trains.
    pub training: f64,
    /// Measured: what scoring without training takes.
    pub scoring: f64,
}

impl std::ops::AddAssign for Seconds {
    fn add_assign(&mut self, more: Seconds) {
        self.training += more.training;
        self.scoring += more.scoring;
    }
}

/// Columns of numbers by architecture.
pub trait Source: Send + Sync {
    /// The architectures' rows, in their order; `None` for one that is not there.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>>;
}

/// SHA-256 of a file, in hexadecimal digits.
pub(crate) fn sha256_of_file(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "cannot be read"))?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

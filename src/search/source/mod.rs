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

use crate::Result;
use crate::space::Arch;

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

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
    /// Seconds of training: simulated, as recorded when the table was made, or real if a search really trains.
    pub training: f64,
    /// Measured seconds of scoring without training, one value per column; `None` if they are not known.
    pub scoring: Vec<Option<f64>>,
}

/// A source of columns of numbers, by architecture.
pub trait Source: Send + Sync {
    /// Returns the rows of the architectures, in order; `None` for an architecture that the source does not have.
    fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>>;
}

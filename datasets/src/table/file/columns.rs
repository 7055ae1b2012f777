//! A table of text in memory.

use super::cells::Cells;
use super::number::Decimal;

/// Columns whose cells are text until numbers are asked for.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<Cells>,
    /// The decimal separator.
    pub(super) decimal: Decimal,
    /// Indices of the columns that hold lists or objects.
    pub(super) nested: Vec<usize>,
}

impl Default for Columns {
    fn default() -> Self {
        Columns { names: Vec::new(), columns: Vec::new(), decimal: Decimal::Point, nested: Vec::new() }
    }
}

impl Columns {
    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, Cells::len)
    }
}

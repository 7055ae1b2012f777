//! Tables of text: CSV in its dialects, and JSON.

use std::path::Path;

use super::cells::Cells;
use super::number::Decimal;
use super::{csv, json};
use crate::{Error, Result};

/// Columns whose cells are text until numbers are asked for.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<Cells>,
    /// What stands before decimals.
    pub(super) decimal: Decimal,
    /// Places of the columns that hold lists or objects.
    pub(super) nested: Vec<usize>,
}

impl Default for Columns {
    fn default() -> Self {
        Columns { names: Vec::new(), columns: Vec::new(), decimal: Decimal::Point, nested: Vec::new() }
    }
}

impl Columns {
    pub(super) fn read(path: &Path, text: &str) -> Result<Self> {
        let read = if json::is_json(text) { json::read(text) } else { csv::read(text) };
        read.map_err(|reason| Error::corrupt(path, reason))
    }

    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, Cells::len)
    }
}

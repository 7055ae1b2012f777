//! Columns of text, as in CSV files and JSON lines: a cell is parsed when it is asked for.

use super::number::{Decimal, is_missing, number};

/// One column, with all its cells in one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Adds empty cells up to this many.
    pub(super) fn fill(&mut self, rows: usize) {
        self.ends.resize(rows.max(self.ends.len()), self.text.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }

    /// Returns the numbers, or the row and text of the first cell that is neither a number nor missing.
    pub(super) fn numbers(&self, decimal: Decimal) -> Result<Vec<Option<f64>>, (usize, String)> {
        let read = |(row, cell): (usize, &str)| match number(cell, decimal) {
            Some(number) => Ok(Some(number)),
            None if is_missing(cell) => Ok(None),
            None => Err((row, cell.to_owned())),
        };
        self.iter().enumerate().map(read).collect()
    }

    /// Returns the whole numbers from 0, or the row and text of the first cell that is neither one nor missing.
    pub(super) fn wholes(&self) -> Result<Vec<Option<u64>>, (usize, String)> {
        let read = |(row, cell): (usize, &str)| match cell.parse::<u64>() {
            Ok(whole) => Ok(Some(whole)),
            Err(_) if is_missing(cell) => Ok(None),
            Err(_) => match cell.parse().ok().and_then(whole) {
                Some(whole) => Ok(Some(whole)),
                None => Err((row, cell.to_owned())),
            },
        };
        self.iter().enumerate().map(read).collect()
    }
}

/// Converts a number to a whole one if it is whole: pandas writes whole numbers with a decimal point if some are missing.
pub(super) fn whole(number: f64) -> Option<u64> {
    // Beyond 2^53, a double does not tell which whole number was meant.
    ((0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

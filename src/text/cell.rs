//! A cell of a table: the text for people, and the values for programs.

use serde_json::Value;

/// The text for an undefined number.
const UNDEFINED: &str = "-";

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The text that people see.
    pub text: String,
    /// A shorter text for when there is not enough room.
    pub short: Option<String>,
    /// The values for programs, each with the suffix that is appended to the column's name.
    pub values: Vec<(&'static str, Value)>,
}

impl Cell {
    /// A cell with this text, and this value for programs.
    pub fn of(text: impl Into<String>, value: impl Into<Value>) -> Self {
        Cell { text: text.into(), short: None, values: vec![("", value.into())] }
    }

    /// A cell with this text, and no value for programs yet.
    pub fn bare(text: impl Into<String>) -> Self {
        Cell { text: text.into(), short: None, values: Vec::new() }
    }

    /// A number with this many decimals; a dash if it is undefined.
    pub fn number(value: Option<f64>, digits: usize) -> Self {
        Cell::of(value.map_or_else(|| UNDEFINED.into(), |value| format!("{value:.digits$}")), value)
    }

    /// Adds another value for programs, under the column's name with `behind` appended.
    pub fn also(mut self, behind: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((behind, value.into()));
        self
    }

    /// Sets a shorter text for when there is not enough room.
    pub fn or(self, short: Option<String>) -> Self {
        Cell { short, ..self }
    }

    /// Returns the text, or the shorter text if `short` and there is one.
    pub(super) fn shown(&self, short: bool) -> &str {
        self.short.as_deref().filter(|_| short).unwrap_or(&self.text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::of(text, text)
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        (count as u64).into()
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Cell::of(count.to_string(), count)
    }
}

//! A cell of a table: what people are shown, and what programs are told.

use serde_json::Value;

/// What stands for an undefined number.
const UNDEFINED: &str = "-";

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// What stands for it where there is no room.
    pub short: Option<String>,
    /// What programs are told, each under the name of the column with this behind it.
    pub values: Vec<(&'static str, Value)>,
}

impl Cell {
    /// A cell that shows this text, and is this to programs.
    pub fn of(text: impl Into<String>, value: impl Into<Value>) -> Self {
        Cell { text: text.into(), short: None, values: vec![("", value.into())] }
    }

    /// A cell that shows this text, and is nothing to programs yet.
    pub fn bare(text: impl Into<String>) -> Self {
        Cell { text: text.into(), short: None, values: Vec::new() }
    }

    /// A number that is shown with so many digits behind the point, as a dash where it is undefined.
    pub fn number(value: Option<f64>, digits: usize) -> Self {
        Cell::of(value.map_or_else(|| UNDEFINED.into(), |value| format!("{value:.digits$}")), value)
    }

    /// With another value for programs, under the column's name with `behind` behind it.
    pub fn also(mut self, behind: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((behind, value.into()));
        self
    }

    /// With something that stands for it where there is no room.
    pub fn or(self, short: Option<String>) -> Self {
        Cell { short, ..self }
    }

    /// The text, or what stands for it.
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

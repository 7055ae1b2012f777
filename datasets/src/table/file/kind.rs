//! Kinds of columns.

/// The kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, which may represent numbers.
    Text,
    /// Numbers.
    Number,
    /// Something else, described in words.
    Other(&'static str),
}

/// A column's numbers; `None` where a value is missing. NaN and infinities are as in the file.
pub type Numbers = Vec<Option<f64>>;

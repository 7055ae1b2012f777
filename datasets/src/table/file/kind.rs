//! What columns hold.

/// What a column is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, which may be that of numbers.
    Text,
    /// Numbers.
    Number,
    /// Something else, in words.
    Other(&'static str),
}

/// A column's numbers; `None` where a value is missing. NaN and infinities are as in the file.
pub type Numbers = Vec<Option<f64>>;

//! How image sets are read.

/// How a set is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Classes of a file whose records do not say how many there are: one in CIFAR's layout.
    pub classes: Option<usize>,
    /// Leave damaged pictures out, and say how many, instead of refusing the set.
    pub skip_damaged: bool,
}

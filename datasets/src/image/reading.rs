//! Options for reading image sets.

/// Options for reading a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Number of classes, for files in CIFAR's layout, whose records do not state it.
    pub classes: Option<usize>,
    /// Leave damaged pictures out and report how many, instead of refusing the set.
    pub skip_damaged: bool,
}

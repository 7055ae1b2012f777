//! `zeronas-mini`, the benchmark that comes with the program; `data/README.md` describes its origin.

/// Its name, which can be given in place of the path of a table.
pub const NAME: &str = "zeronas-mini";

/// The record of how it was made, as JSON.
pub const MANIFEST: &str = include_str!("../../data/zeronas_mini.manifest.json");

/// The column by which its architectures are judged.
pub const TARGET: &str = "test_accuracy";

/// Its rows.
pub(super) const CSV: &[u8] = include_bytes!("../../data/zeronas_mini.csv");

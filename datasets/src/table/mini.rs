//! `zeronas-mini`, the benchmark that comes with the program; `data/README.md` tells its origin.

/// What it is called wherever the path of a table is asked for.
pub const NAME: &str = "zeronas-mini";

/// How it was made, as JSON.
pub const MANIFEST: &str = include_str!("../../data/zeronas_mini.manifest.json");

/// The column that its architectures are judged by.
pub const TARGET: &str = "test_accuracy";

/// Its rows.
pub(super) const CSV: &[u8] = include_bytes!("../../data/zeronas_mini.csv");

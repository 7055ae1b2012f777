//! Benchmark tables and image sets: the data that zeronas reads. This crate knows nothing about networks.
//!
//! [`image`] provides mini-batches of real images, such as CIFAR-10, or of synthetic ones. Each mini-batch is a pure function of
//! a seed and an index, so any of them can be reproduced on its own. [`table`] holds the accuracies and costs of a benchmark,
//! keyed by architecture.
//!
//! ```
//! use zeronas_datasets::{ImageSet, Order, Source};
//!
//! # fn main() -> zeronas_datasets::Result<()> {
//! let source = Source::Set(ImageSet::embedded());
//! let batch = source.minibatch(0, 0, 64, Order::Shuffled)?;
//! assert_eq!(batch.labels.len(), 64);
//! assert_eq!(batch.pixels.len(), 64 * 3 * 32 * 32);
//! assert_eq!(batch, source.minibatch(0, 0, 64, Order::Shuffled)?);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod error;
pub mod image;
mod near;
mod pickle;
pub mod table;

pub use error::{Error, Result};
pub use image::python_shuffle::shuffled as python_shuffled;
pub use image::{ImageSet, Minibatch, Order, Source, Splits, ValidSplit};
pub use near::nearest;
pub use table::BenchmarkTable;

use sha2::{Digest, Sha256};

/// SHA-256 of the concatenated `parts`, as 64 lower-case hexadecimal digits.
pub fn sha256_hex<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

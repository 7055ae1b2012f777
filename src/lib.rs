//! Score neural architectures without training them, rank them, and see how far the ranking can be trusted.
#![forbid(unsafe_code)]

mod error;
pub mod space;

pub use error::{Error, Result};

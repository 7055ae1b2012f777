//! Score neural architectures without training them, rank them, and see how far the ranking can be trusted.
#![forbid(unsafe_code)]

pub mod cli;
mod error;
pub mod job;
pub mod report;
pub mod space;

pub use error::{Error, Result};

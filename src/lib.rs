//! Score neural architectures without training them, rank and search with the scores.
pub mod cli;
pub mod report;

//! Reports: how well scores rank architectures against a benchmark, with the uncertainty of every correlation.
//!
//! A report goes through one file after the other: [`scores`] reads score files, [`average`] takes the mean over seeds,
//! [`join`] matches architectures with benchmark columns, [`summary`] makes one row a target and proxy out of
//! [`statistics`], [`bootstrap`] and [`top`], and [`output`] writes the tables and [`display`] prints them.
//!
//! Correlations are signed and never made positive: for a proxy of which lower is better, a good correlation is negative.

pub mod average;
pub mod bootstrap;
mod columns;
pub mod display;
mod error;
pub mod join;
pub mod output;
pub mod scores;
pub mod statistics;
pub mod summary;
pub mod top;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod published;

pub use error::{Error, Result};

use std::num::NonZeroUsize;

use join::BadPolicy;

/// How a report counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What architectures without a number count as.
    pub bad: BadPolicy,
    /// Bootstrap draws an interval; 0 for none.
    pub bootstrap: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// The k of each "best among the top k".
    pub top: Vec<NonZeroUsize>,
}

impl Default for Settings {
    fn default() -> Self {
        let top = [1, 10, 100].into_iter().filter_map(NonZeroUsize::new).collect();
        Settings { bad: BadPolicy::default(), bootstrap: 1000, seed: 0, top }
    }
}

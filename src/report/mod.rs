//! Reports: how well scores rank architectures against a benchmark, with the uncertainty of every number.
//!
//! A report goes through these modules in turn: [`scores`] reads score files, [`average`] takes the mean over seeds,
//! [`subset`] picks architectures, [`aggregate`] makes proxies out of proxies, [`join`] matches architectures with
//! benchmark columns, [`measure`] computes what [`statistics`] defines, [`bootstrap`] estimates its uncertainty, and [`summary`],
//! [`deciles`], [`pairs`], [`curves`] and [`alike`] each answer one question with it. [`tables`] writes the tables,
//! [`display`] prints the summary, and [`page`] makes the HTML page with its figures.
//!
//! [`operations`] counts what the best architectures are made of; [`seeds`] and [`noise`] give ceilings that no proxy can exceed. [`view`]
//! makes a page of scores alone, and [`index`] one of a folder of results.
//!
//! [`compare`] compares two runs, without a benchmark. [`choice`] looks for the aggregate that suits a space best, judged by the labels
//! of other spaces, and [`chosen`] holds what it found.
//!
//! Correlations are signed and never made positive: for a proxy whose lower scores are better, a good correlation is negative.

pub mod aggregate;
pub mod aggregates;
pub mod alike;
pub mod average;
pub mod benchmark;
pub mod bootstrap;
pub mod choice;
pub mod chosen;
pub mod compare;
pub mod curves;
pub mod deciles;
pub mod display;
mod error;
pub mod figure;
mod ground;
pub mod index;
pub mod join;
pub mod measure;
pub mod noise;
pub mod operations;
pub mod page;
pub mod pairs;
pub mod ranking;
pub mod reading;
mod request;
pub mod scale;
pub mod scores;
pub mod seeds;
pub mod statistics;
pub mod subset;
pub mod summary;
pub mod tables;
pub mod view;
mod warnings;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod published;

pub use error::{Error, Result};
pub use request::{ReportRequest, Reported};

use std::num::NonZeroUsize;

use average::Readings;
use bootstrap::evaluate;
use join::{BadPolicy, Direction, Target};
use measure::Prepared;

/// Settings of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What architectures without a number count as.
    pub bad: BadPolicy,
    /// Number of bootstrap draws per interval; 0 for no intervals.
    pub bootstrap: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// The values of k for the measures of the head of a ranking.
    pub top: Vec<NonZeroUsize>,
}

impl Default for Settings {
    fn default() -> Self {
        let top = [1, 10, 100, 1000].into_iter().filter_map(NonZeroUsize::new).collect();
        Settings { bad: BadPolicy::default(), bootstrap: 1000, seed: 0, top }
    }
}

/// The results of a report.
pub struct Report {
    /// A row per target and proxy.
    pub summary: Vec<summary::SummaryRow>,
    /// Correlations inside each tenth by target.
    pub deciles: Vec<deciles::Decile>,
    /// Which of every two proxies is better.
    pub pairs: Vec<pairs::Pair>,
    /// Which proxies rank alike: a matrix, row by row.
    pub alike: Vec<alike::Alike>,
    /// The head of each ranking.
    pub curves: Vec<curves::Curve>,
    /// What the partial correlations control for.
    pub given: Option<String>,
    /// What a reader should know before believing the numbers.
    pub warnings: Vec<String>,
}

/// What else a report says about the scores, besides the correlations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra {
    /// Which operations the best and the worst are made of.
    pub operations: operations::Operations,
    /// How well proxies agree with themselves over seeds.
    pub seeds: Vec<seeds::SeedSpread>,
    /// How well repeated trainings agree.
    pub noise: Vec<noise::Noise>,
}

/// Makes a report of every proxy against every target; partial correlations control for `given`.
///
/// # Errors
/// Where a target has no architecture in common with the scores.
pub fn report(
    readings: &Readings,
    targets: &[Target],
    given: Option<&Target>,
    direction: &dyn Fn(&str) -> Direction,
    settings: &Settings,
) -> Result<Report> {
    let joined = summary::join_all(readings, targets, given, direction, settings)?;
    let parts: Vec<_> = joined.iter().map(|joined| deciles::split(&joined.sample.observations)).collect();
    let mut problems: Vec<Prepared> = joined.iter().map(|joined| joined.prepare(settings)).collect();
    problems.extend(parts.iter().flatten().map(|part| deciles::prepare(part)));
    let mut whole = evaluate(&problems, settings.bootstrap, settings.seed);
    let in_parts = whole.split_off(joined.len());

    let mut deciles = Vec::new();
    for ((joined, parts), drawn) in joined.iter().zip(&parts).zip(in_parts.chunks(deciles::PARTS)) {
        let each = parts.iter().zip(drawn).enumerate();
        deciles.extend(
            each.filter_map(|(place, (part, drawn))| deciles::decile(joined.target, joined.proxy, place, part, drawn)),
        );
    }
    let summary: Vec<_> = joined.iter().zip(&whole).map(|(joined, drawn)| joined.summarise(drawn)).collect();
    Ok(Report {
        warnings: warnings::about(&summary, targets, readings),
        summary,
        deciles,
        pairs: pairs::compare(&joined, &whole, settings.bootstrap, settings.seed),
        alike: alike::alike(readings, direction, settings.bad),
        curves: joined.iter().map(curves::curve).collect(),
        given: given.map(|given| given.name.clone()),
    })
}

//! Calibration: does any proxy carry signal on your own data and space?
//!
//! A few networks are trained, or looked up in a table, and everything that ranks without training is judged by them: every proxy, the
//! size (parameters, FLOPs), the default aggregate, and a combination that is fitted to these few labels and judged by cross-validation.
//! [`CalibrateRequest`] runs all of it; [`calibrate`] is the part that needs no files.
//!
//! # The networks
//!
//! All scored architectures are sorted by their mean rank over all candidates and cut into as many equal parts as networks are asked for; one
//! is drawn from each part ([`spread`]). The sample thus covers the range of the scores and still represents the whole space, so that tau on
//! the sample estimates tau on all. The training order is such that the first few networks are spread over the range too, for the curve.
//!
//! # The combination
//!
//! The combination is a weighted sum of log-ranks, fitted to the ranks of the labels by ridge regression with weights that cannot be negative
//! ([`combination`]). Its inputs are always the parameters, the FLOPs and the default aggregate, and the two others with the highest tau.
//! The ridge pulls the weights not to zero but to a prior that weighs the first three equally and counts as much as 20 networks. So a few
//! labels move the combination little, and many move it where they point. It is judged by leave-one-out cross-validation: each network gets
//! the value of a combination that was fitted to all the others, including the choice of inputs.
//!
//! # The rule of the verdict
//!
//! 1. *Nothing carries signal: train*, unless the best tau of all candidates is beyond chance: the labels are shuffled many times, the best
//!    tau over all candidates is taken each time, and at most 5 % of these may reach the real one. This corrects for looking at many proxies.
//! 2. *Just use* parameters, FLOPs or the default, whichever of them has the highest tau, if it beats the combination in more than 80 % of
//!    the bootstrap draws of the labelled networks; the two are compared draw by draw.
//! 3. *Use* the combination otherwise.
//!
//! A single proxy is never chosen for its tau alone: with 20 networks the best of many is mostly the luckiest. A good proxy still contributes
//! through the combination. The size of the prior, the number of inputs and both thresholds were set by replays on published scores of
//! NAS-Bench-201, TransNAS-Bench-101 (micro) and NAS-Bench-301, before any other space was looked at; `docs/calibration.md` has the figures
//! of all.

mod candidates;
pub mod ceiling;
pub mod combination;
mod job;
mod judging;
mod output;
mod request;
mod sizes;
mod spread;
mod text;
mod trainings;
mod verdict;

pub use candidates::{Candidate, Field, Kind};
pub use ceiling::Ceiling;
pub use job::Calibrated;
pub use judging::calibrate;
pub use request::{CalibrateRequest, Labelling};
pub use sizes::add_sizes;
pub use spread::spread;
pub use verdict::Verdict;

use crate::report::bootstrap::Estimate;

/// The results of a calibration.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Every candidate, and the combination last.
    pub judged: Vec<Judged>,
    /// How many networks were labelled.
    pub networks: usize,
    /// The share of shuffles of the labels in which the best tau of all candidates is at least as high as the real one.
    pub by_chance: f64,
    /// The tau that perfect knowledge would reach, if trainings were repeated.
    pub ceiling: Option<Ceiling>,
    /// The verdict.
    pub verdict: Verdict,
}

/// How well one candidate ranks the labelled networks. Correlations follow its declared direction: above 0 is right.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The candidate's name.
    pub name: String,
    /// The candidate's kind.
    pub kind: Kind,
    /// Kendall's tau-b with the labels.
    pub kendall: Estimate,
    /// Spearman's partial correlation with the labels, given the number of parameters.
    pub partial: Estimate,
    /// Kendall's tau-b with the first labels, in steps of [`Settings::step`], and with all of them.
    pub curve: Vec<(usize, Estimate)>,
    /// Kendall's tau-b in each bootstrap draw; draws are the same for all candidates.
    pub draws: Vec<Option<f64>>,
}

/// The label of a network: the result of training it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Its place among the architectures of the field.
    pub place: usize,
    /// Its accuracy, or whatever else is wanted; more is better.
    pub value: f64,
    /// The single trainings of which `value` is the mean, if known.
    pub trainings: Vec<f64>,
}

/// Settings of the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bootstrap draws for the intervals and for comparing draw by draw.
    pub draws: usize,
    /// Shuffles of the labels.
    pub shuffles: usize,
    /// Labels per step of the curve; at least 1.
    pub step: usize,
    /// Seed of all draws.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { draws: 1000, shuffles: 1000, step: 10, seed: 0 }
    }
}

#[cfg(test)]
mod tests;

//! Calibration: does any proxy carry signal on one's own data and space?
//!
//! A few networks are trained, or looked up in a table, and everything that ranks without training is judged by them: every proxy, the
//! size (parameters, FLOPs), the default aggregate, and a combination that is fitted to these few labels and judged on what was left out.
//! [`CalibrateRequest`] is the whole of it; [`calibrate`] is the part that needs no files.
//!
//! # The networks
//!
//! All scored architectures are put in order by their mean rank over everything that ranks them, and cut into as many equal parts as
//! networks are asked for; one is drawn from each part ([`spread`]). So the sample covers the range of the scores and still is one of the whole
//! space, and tau on it estimates tau on all. They are trained in an order in which every beginning is spread too: see the curve.
//!
//! # The combination
//!
//! A weighted sum of log-ranks, fitted by ridge regression of the labels' ranks with weights that cannot be negative ([`combination`]).
//! Its inputs are the parameters, the FLOPs and the default aggregate, which are always there, and the two others of the highest tau.
//! The ridge does not pull the weights to zero but to a prior that ranks by the first three alike, and the prior counts as much as 20
//! networks. So few labels move the combination little, and many move it where they say. It is judged by what it says of each
//! network when fitted, choice of inputs included, to all others.
//!
//! # The rule of the verdict
//!
//! 1. *Nothing carries signal: train*, unless the best tau of all candidates is beyond what chance gives: the labels are shuffled, the best
//!    tau over all candidates is taken each time, and at most 5 % of these may reach the real one. Looking at many proxies is thereby paid for.
//! 2. *Just use* parameters, FLOPs, or the default, whichever of the three has the highest tau, where it beats the combination in more
//!    than 80 % of the bootstrap draws of the labelled networks, the two compared draw by draw.
//! 3. *Use* the combination otherwise.
//!
//! A single proxy is never chosen for its tau alone: the best of many on 20 networks is mostly the luckiest. What it adds comes in
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

/// What a few labels say.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Every candidate, and the combination last.
    pub judged: Vec<Judged>,
    /// How many networks were labelled.
    pub networks: usize,
    /// The share of shuffled labels in which the best tau of all candidates is as high as the real one.
    pub by_chance: f64,
    /// What perfect knowledge would reach, where trainings were repeated.
    pub ceiling: Option<Ceiling>,
    /// What to do.
    pub verdict: Verdict,
}

/// How well one candidate ranks the labelled networks. Correlations are by its declared direction: above 0 is right.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The candidate.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Kendall's tau-b with the labels.
    pub kendall: Estimate,
    /// Spearman's rho with the labels given the number of parameters.
    pub partial: Estimate,
    /// Kendall's tau-b with the first labels, [`Settings::step`] more each time, and with all.
    pub curve: Vec<(usize, Estimate)>,
    /// Kendall's tau-b in each bootstrap draw; draws are the same for all candidates.
    pub draws: Vec<Option<f64>>,
}

/// A network of the field with what its training gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Its place among the architectures of the field.
    pub place: usize,
    /// Its accuracy, or whatever is wanted of it; more is better.
    pub value: f64,
    /// The single trainings of which that is the mean, where they are known.
    pub trainings: Vec<f64>,
}

/// How it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bootstrap draws for the intervals and for comparing draw by draw.
    pub draws: usize,
    /// Shuffles of the labels.
    pub shuffles: usize,
    /// Labels a step of the curve; at least 1.
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

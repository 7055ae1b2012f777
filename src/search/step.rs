//! The steps of a run: its evaluations, in order.

use crate::space::Arch;
use serde::{Deserialize, Serialize};

/// What an evaluation was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The search itself.
    Search,
    /// The short training of the best that a search without training has found.
    Training,
}

impl Stage {
    /// The name in the history.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Search => "search",
            Stage::Training => "training",
        }
    }
}

/// The two times of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seconds {
    /// Seconds of training: simulated, or real if a search really trains.
    pub training: f64,
    /// Measured seconds of scoring without training, each network once per proxy; `None` if some scores were not timed.
    pub scoring: Option<f64>,
}

/// One evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it was for.
    pub stage: Stage,
    /// What was evaluated.
    pub arch: Arch,
    /// A value per column of the stage's evaluator.
    pub values: Vec<Option<f64>>,
    /// What the strategy was told, or what trained architectures are compared by; for each, more is better. Objectives that change with the set
    /// are, once the run has ended, those among all architectures of the run.
    pub objectives: Vec<f64>,
    /// Training and scoring seconds since the run began.
    pub spent: Seconds,
    /// Wall seconds since the run began.
    pub wall: f64,
    /// Place, among the run's steps, of the stage's best so far by the first objective; of equals, the first.
    pub incumbent: usize,
}

/// A finished run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// Its evaluations.
    pub steps: Vec<Step>,
    /// Proposals that had no value.
    pub missing: usize,
    /// What ended it: the name of a [`Limit`](super::Limit), `exhausted` where the strategy had nothing left to propose, or
    /// `trained`.
    pub ended: String,
}

impl Run {
    /// The step of the architecture that the run picks: the last stage's best.
    pub fn pick(&self) -> Option<&Step> {
        self.steps.get(self.steps.last()?.incumbent)
    }
}

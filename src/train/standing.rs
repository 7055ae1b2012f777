//! How far an architecture got among those that were trained against each other.

use super::tally::Measures;
use super::{EpochRow, pooled_variance};
use std::cmp::Ordering;

/// How far an architecture got, and with which accuracies.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its place among the candidates.
    pub candidate: usize,
    /// Epochs at the last rung that it reached.
    pub epochs: usize,
    /// The last of them, if it reached a rung.
    pub last: Option<EpochRow>,
    /// The last epoch of each of its trainings with further seeds.
    pub further: Vec<EpochRow>,
    /// The mean training loss over all epochs of each of its trainings, beginning with the first training.
    pub losses: Vec<f64>,
    /// What it was judged by at the last rung that it reached; less is better.
    pub judged: f64,
    /// How many of its trainings with further seeds diverged.
    pub diverged_further: usize,
    /// Whether its training diverged on the way to the next rung.
    pub diverged: bool,
}

impl Standing {
    /// The standing of an architecture that is not trained yet.
    pub(super) fn fresh(candidate: usize) -> Self {
        Standing {
            candidate,
            epochs: 0,
            last: None,
            further: Vec::new(),
            losses: Vec::new(),
            judged: f64::INFINITY,
            diverged_further: 0,
            diverged: false,
        }
    }

    /// `ok`, or `diverged`.
    pub fn status(&self) -> &'static str {
        if self.diverged { "diverged" } else { "ok" }
    }

    /// The last epochs of all its trainings, beginning with the first training.
    pub fn trainings(&self) -> impl Iterator<Item = &EpochRow> {
        self.last.iter().chain(&self.further)
    }

    /// The accuracies of its trainings on the validation images, in percent.
    pub fn valid_accuracies(&self) -> Vec<f64> {
        self.accuracies(|row| row.valid)
    }

    /// Their mean.
    pub fn valid_accuracy(&self) -> Option<f64> {
        mean(&self.valid_accuracies())
    }

    /// Their standard deviation, if there are two or more.
    pub fn valid_deviation(&self) -> Option<f64> {
        let accuracies = self.valid_accuracies();
        pooled_variance([accuracies.as_slice()]).map(|(variance, _)| variance.sqrt())
    }

    /// Mean accuracy on the test images over its trainings, in percent.
    pub fn test_accuracy(&self) -> Option<f64> {
        mean(&self.accuracies(|row| row.test))
    }

    /// Mean training loss over all epochs of all its trainings.
    pub fn loss(&self) -> Option<f64> {
        mean(&self.losses)
    }

    /// Whether it has reached this rung and gone no further.
    pub(super) fn reached(&self, rung: usize) -> bool {
        !self.diverged && self.epochs == rung
    }

    fn accuracies(&self, of: impl Fn(&EpochRow) -> Option<Measures>) -> Vec<f64> {
        self.trainings().filter_map(of).map(|measures| measures.accuracy).collect()
    }

    /// The better first: one that did not diverge, one that was trained longer, one of which fewer further trainings diverged, one that was
    /// judged to be better, and then the earlier candidate.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let diverged = self.diverged.cmp(&other.diverged);
        let epochs = other.epochs.cmp(&self.epochs);
        let judged = self.judged.total_cmp(&other.judged);
        let further = self.diverged_further.cmp(&other.diverged_further);
        diverged.then(epochs).then(further).then(judged).then(self.candidate.cmp(&other.candidate))
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

//! What architectures that are trained against each other are judged by.

use super::Standing;
use crate::report::statistics::average_ranks;
use crate::words::Word;
use crate::{Error, Result};

/// What the architectures that reach a rung are judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// Accuracy on the validation images.
    #[default]
    Accuracy,
    /// The sum of two ranks: by that accuracy, and by the mean training loss of all epochs so far, which says how fast a network learns
    /// (Ru et al. 2021). All training images take part in the loss, so that it tells networks apart where few validation images cannot.
    AccuracyAndSpeed,
}

impl Word for Judge {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Judge::Accuracy, "accuracy", "Accuracy on the validation images"),
        (
            Judge::AccuracyAndSpeed,
            "accuracy-and-speed",
            "The sum of two ranks: by that accuracy, and by the mean training loss of all epochs so far; better for few images",
        ),
    ];
}

/// Where two sums are equal, the faster learner is the better: this is less than any difference between two sums.
const SETTLES: f64 = 1e-6;

impl Judge {
    /// Judges those that have reached a rung against each other.
    pub(super) fn judge(self, standings: &mut [Standing], rung: usize) -> Result<()> {
        let mut peers: Vec<&mut Standing> = standings.iter_mut().filter(|standing| standing.reached(rung)).collect();
        let wrong: Vec<f64> = peers.iter().map(|peer| -peer.valid_accuracy().unwrap_or(f64::NEG_INFINITY)).collect();
        let judged = match self {
            Judge::Accuracy => wrong,
            Judge::AccuracyAndSpeed => {
                let slow: Vec<f64> = peers.iter().map(|peer| peer.loss().unwrap_or(f64::INFINITY)).collect();
                let ranks = average_ranks(&wrong).zip(average_ranks(&slow));
                let (wrong, slow) = ranks.ok_or_else(|| Error::Internal("an accuracy or a loss is NaN".into()))?;
                wrong.iter().zip(slow).map(|(wrong, slow)| wrong + slow * (1.0 + SETTLES)).collect()
            }
        };
        for (peer, judged) in peers.iter_mut().zip(judged) {
            peer.judged = judged;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::fixture;

    /// Validation accuracies and mean training losses of architectures that reached epoch 3.
    fn standings(trained: &[(f64, f64)]) -> Vec<Standing> {
        let standing = |(candidate, &(accuracy, loss)): (usize, &(f64, f64))| Standing {
            epochs: 3,
            last: Some(fixture::row(accuracy)),
            losses: vec![loss],
            ..Standing::fresh(candidate)
        };
        trained.iter().enumerate().map(standing).collect()
    }

    fn order(judge: Judge, mut standings: Vec<Standing>) -> Vec<usize> {
        judge.judge(&mut standings, 3).unwrap();
        standings.sort_by(Standing::order);
        standings.iter().map(|standing| standing.candidate).collect()
    }

    #[test]
    fn of_those_with_about_the_same_accuracy_the_faster_learner_is_the_better() {
        let trained = [(70.0, 1.0), (71.0, 1.2), (70.0, 0.5), (40.0, 1.1)];
        assert_eq!(order(Judge::Accuracy, standings(&trained)), [1, 0, 2, 3]);
        // Ranks by accuracy 2.5, 1, 2.5, 4 and by loss 2, 4, 1, 3.
        assert_eq!(order(Judge::AccuracyAndSpeed, standings(&trained)), [2, 0, 1, 3]);
    }

    #[test]
    fn those_that_stopped_before_keep_their_judgement() {
        let mut all = standings(&[(70.0, 1.0), (71.0, 0.9), (50.0, 0.1), (60.0, 2.0)]);
        Judge::AccuracyAndSpeed.judge(&mut all, 3).unwrap();
        let sums = |all: &[Standing]| -> Vec<f64> { all.iter().map(|standing| standing.judged.round()).collect() };
        assert_eq!(sums(&all), [5.0, 3.0, 5.0, 7.0]);
        assert!(all[2].judged < all[0].judged, "of equal sums, that of the faster learner is the better");
        all[1].epochs = 9;
        Judge::AccuracyAndSpeed.judge(&mut all, 9).unwrap();
        assert_eq!(sums(&all), [5.0, 2.0, 5.0, 7.0]);
        let mut broken = standings(&[(70.0, f64::NAN)]);
        assert!(Judge::AccuracyAndSpeed.judge(&mut broken, 3).is_err());
    }
}

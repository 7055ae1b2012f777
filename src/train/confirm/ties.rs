//! Which architectures the trainings cannot distinguish from the pick.

use crate::train::Standing;
use crate::train::standing::squares;

/// Returns how many others were trained as long as the first and are so close to it that the difference may be chance (95 %), given the
/// number of validation images and, where architectures were trained with several seeds, the variation between trainings.
pub(super) fn tied(standings: &[Standing], valid_images: usize) -> usize {
    let Some((pick, others)) = standings.split_first() else { return 0 };
    let Some(best) = Mean::of(pick) else { return 0 };
    let finalists: Vec<Mean> =
        others.iter().filter(|other| !other.diverged && other.epochs == pick.epochs).filter_map(Mean::of).collect();
    // A few trainings say little about their variance, so it is pooled over all architectures.
    let all = || finalists.iter().chain([&best]);
    let squares: f64 = all().map(|mean| mean.squares).sum();
    let freedom: usize = all().map(|mean| mean.trainings - 1).sum();
    let (of_trainings, quantile) =
        if freedom == 0 { (0.0, NORMAL) } else { (squares / freedom as f64, t_quantile(freedom)) };
    let variance =
        |mean: &Mean| mean.share * (1.0 - mean.share) / valid_images as f64 + of_trainings / mean.trainings as f64;
    let is_tied = |other: &&Mean| best.share - other.share <= quantile * (variance(&best) + variance(other)).sqrt();
    finalists.iter().filter(is_tied).count()
}

/// The mean over an architecture's trainings.
struct Mean {
    /// The mean share of the validation images that they classify correctly.
    share: f64,
    /// The sum of squared deviations from it.
    squares: f64,
    trainings: usize,
}

impl Mean {
    fn of(standing: &Standing) -> Option<Self> {
        let shares: Vec<f64> = standing.valid_accuracies().iter().map(|accuracy| accuracy / 100.0).collect();
        let share = standing.valid_accuracy()? / 100.0;
        Some(Mean { share, squares: squares(&shares), trainings: shares.len() })
    }
}

/// Number of standard deviations that contain 95 % of a normal distribution.
const NORMAL: f64 = 1.96;

/// The same for Student's t distribution with 1 to 10 degrees of freedom.
const STUDENT: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/// The quantile for this many degrees of freedom; beyond the table accurate to .003.
fn t_quantile(freedom: usize) -> f64 {
    let inverse = 1.0 / freedom as f64;
    STUDENT.get(freedom - 1).copied().unwrap_or(NORMAL + (2.372 + 2.8 * inverse) * inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::EpochRow;
    use crate::train::tally::Measures;

    fn row(accuracy: f64) -> EpochRow {
        let measures = Measures { loss: 1.0, accuracy, top5: 100.0 };
        EpochRow {
            epoch: 3,
            steps: 30,
            learning_rate: 0.1,
            train: measures,
            valid: Some(measures),
            test: None,
            seconds: 1.0,
            evaluation_seconds: 0.1,
            images_per_second: 100.0,
        }
    }

    fn standing(candidate: usize, accuracies: &[f64]) -> Standing {
        let mut rows: Vec<EpochRow> = accuracies.iter().map(|&accuracy| row(accuracy)).collect();
        let further = rows.split_off(1);
        Standing { candidate, epochs: 3, last: rows.pop(), further, diverged: false }
    }

    #[test]
    fn few_images_leave_ties_and_many_do_not() {
        let standings = [standing(0, &[80.0]), standing(1, &[75.0]), standing(2, &[60.0])];
        // 80 % of 100 images has a standard error of 4 points, so a difference of 11 or less may be chance.
        assert_eq!(tied(&standings, 100), 1);
        assert_eq!(tied(&standings, 10_000), 0);
        let mut shorter = standings.clone();
        shorter[1].epochs = 1;
        assert_eq!(tied(&shorter, 100), 0, "what was trained less is not compared");
        assert_eq!(tied(&[], 100), 0);
    }

    #[test]
    fn trainings_that_differ_leave_ties_that_no_number_of_images_settles() {
        let apart = [standing(0, &[80.0, 80.1, 79.9]), standing(1, &[75.0, 75.1, 74.9])];
        let mixed = [standing(0, &[80.0, 70.0, 90.0]), standing(1, &[75.0, 65.0, 85.0])];
        assert_eq!(tied(&apart, 1_000_000), 0);
        assert_eq!(tied(&mixed, 1_000_000), 1);
        // Two trainings of each have two degrees of freedom: 4.3 standard deviations of .1, not 1.96.
        let sd = |difference: f64| {
            let half = 0.1 / 2.0_f64.sqrt();
            [
                standing(0, &[80.0 + half, 80.0 - half]),
                standing(1, &[80.0 - difference + half, 80.0 - difference - half]),
            ]
        };
        assert_eq!((tied(&sd(0.42), usize::MAX), tied(&sd(0.44), usize::MAX)), (1, 0));
    }

    #[test]
    fn quantiles_are_those_of_students_t() {
        for (freedom, value) in [(1, 12.706), (10, 2.228), (11, 2.201), (20, 2.086), (60, 2.000)] {
            assert!((t_quantile(freedom) - value).abs() < 2.5e-3, "{freedom}");
        }
        assert!(t_quantile(1_000_000) - NORMAL < 1e-5);
    }
}

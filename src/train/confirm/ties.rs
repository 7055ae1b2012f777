//! Which architectures the trainings cannot tell from the pick.
//!
//! Two accuracies may differ by chance because of the validation images, which are a sample, and because of the seeds of the trainings.
//! The first part is taken from the number of images, as if each architecture had images of its own, the second from trainings with
//! several seeds. Both are on the safe side: all architectures see the same images, and what trainings differ by contains some of the first
//! part. The degrees of freedom are those of Welch (1947) and Satterthwaite (1946).

use crate::train::{Standing, pooled_variance};

/// How many others were trained as long as the first, and are so close to it that the difference may be chance (95 %).
pub(super) fn tied(standings: &[Standing], valid_images: usize) -> usize {
    let Some((pick, others)) = standings.split_first() else { return 0 };
    let Some(best) = Finalist::of(pick) else { return 0 };
    let as_long = |other: &&Standing| !other.diverged && other.epochs == pick.epochs;
    let others: Vec<Finalist> = others.iter().filter(as_long).filter_map(Finalist::of).collect();
    // A few trainings say little about how much they vary, so the variance is that of all architectures' trainings.
    let of_training = pooled_variance(others.iter().chain([&best]).map(|finalist| finalist.shares.as_slice()));
    let is_tied = |other: &&Finalist| {
        let both = [&best, *other];
        let images: f64 =
            both.map(|finalist| finalist.mean * (1.0 - finalist.mean)).iter().sum::<f64>() / valid_images as f64;
        let (trainings, quantile) = match of_training {
            Some((variance, freedom)) if variance > 0.0 => {
                let trainings = variance * both.map(|finalist| 1.0 / finalist.shares.len() as f64).iter().sum::<f64>();
                (trainings, t_quantile(freedom as f64 * ((images + trainings) / trainings).powi(2)))
            }
            _ => (0.0, NORMAL),
        };
        best.mean - other.mean <= quantile * (images + trainings).sqrt()
    };
    others.iter().filter(is_tied).count()
}

/// What an architecture's trainings came to.
struct Finalist {
    /// The shares of the validation images that its trainings get right.
    shares: Vec<f64>,
    mean: f64,
}

impl Finalist {
    fn of(standing: &Standing) -> Option<Self> {
        let shares = standing.valid_accuracies().iter().map(|accuracy| accuracy / 100.0).collect();
        Some(Finalist { shares, mean: standing.valid_accuracy()? / 100.0 })
    }
}

/// 95 % of a normal distribution lie within so many standard deviations.
const NORMAL: f64 = 1.96;

/// The same for Student's t distribution with 1 to 10 degrees of freedom.
const STUDENT: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/// The same for so many degrees of freedom, at least 1, rounded down within the table; beyond it to .003.
fn t_quantile(freedom: f64) -> f64 {
    match STUDENT.get(freedom as usize - 1) {
        Some(&quantile) => quantile,
        None => NORMAL + (2.372 + 2.8 / freedom) / freedom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{EpochRow, fixture};

    fn standing(candidate: usize, accuracies: &[f64]) -> Standing {
        let mut rows: Vec<EpochRow> = accuracies.iter().map(|&accuracy| fixture::row(accuracy)).collect();
        let further = rows.split_off(1);
        Standing { epochs: 3, last: rows.pop(), further, ..Standing::fresh(candidate) }
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
        // Trainings that agree do not make a difference smaller than the images do.
        let same = [standing(0, &[80.0, 80.0]), standing(1, &[75.0, 75.0])];
        assert_eq!((tied(&same, 1000), tied(&[standing(0, &[80.0]), standing(1, &[75.0])], 1000)), (0, 0));
        let close = [standing(0, &[80.0, 80.1]), standing(1, &[75.0, 75.1])];
        assert_eq!(tied(&close, 1000), 0, "nearly all of the variance is that of the images");
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
        for (freedom, value) in
            [(1.0, 12.706), (2.9, 4.303), (10.0, 2.228), (11.0, 2.201), (20.0, 2.086), (60.0, 2.000)]
        {
            assert!((t_quantile(freedom) - value).abs() < 2.5e-3, "{freedom}");
        }
        assert!(t_quantile(1e6) - NORMAL < 1e-5 && t_quantile(f64::INFINITY) == NORMAL);
    }
}

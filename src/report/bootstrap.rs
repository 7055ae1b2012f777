//! Measures with their uncertainty: percentile intervals from resampling architectures with replacement.
//!
//! The question an interval answers is "how far could this number move if other architectures of the space had been
//! looked at". Draw `d` takes row `below(i, n)` of the stream `report.bootstrap.d` for `i = 0..n`, so the result is a
//! function of the rows in their order, the number of draws and the seed, and not of threads. Proxies that cover the
//! same architectures see the same draws, so that the difference of two of them can be followed draw by draw.

use std::collections::HashMap;

use rayon::prelude::*;
use zeronas_random::Stream;

use super::measure::{Measure, Prepared};
use crate::percentile::percentile;

/// The percentiles reported: a 95 % interval.
const PERCENTILES: (f64, f64) = (0.025, 0.975);

/// Largest share of draws in which a number may be undefined; beyond it, the draws say nothing about its spread, because a
/// handful of rows too often resamples to a constant.
const MOST_UNDEFINED: f64 = 0.05;

/// A number and its 95 % interval. Either is `None` where it is undefined; so is the interval where no draws were made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The number over all observations, each counted once.
    pub value: Option<f64>,
    /// The 2.5 and 97.5 percentiles over the draws; `None` where the number is undefined in more than 5 % of them.
    pub interval: Option<(f64, f64)>,
}

/// One measure over all the observations and in each draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The measure.
    pub measure: Measure,
    /// The measure over all observations, each counted once.
    pub value: Option<f64>,
    /// The measure in each draw.
    pub draws: Vec<Option<f64>>,
}

impl Drawn {
    /// The value with its interval.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.value, interval: interval(self.draws.iter().copied()) }
    }
}

/// Evaluates every problem on all of its rows and on `draws` resamples; 0 draws give no intervals.
pub fn evaluate(problems: &[Prepared], draws: usize, seed: u64) -> Vec<Vec<Drawn>> {
    let values: Vec<_> = problems.par_iter().map(|problem| problem.evaluate(&vec![1; problem.len()])).collect();
    let drawn: Vec<Vec<Vec<Option<f64>>>> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut counts: HashMap<usize, Vec<u32>> = HashMap::new();
            let mut of = |problem: &Prepared| {
                let n = problem.len();
                problem.evaluate(counts.entry(n).or_insert_with(|| resample(n, draw, seed)))
            };
            problems.iter().map(&mut of).collect()
        })
        .collect();
    let one = |problem: usize, place: usize, measure: Measure| Drawn {
        measure,
        value: values[problem][place],
        draws: drawn.iter().map(|draw| draw[problem][place]).collect(),
    };
    let all = |(problem, prepared): (usize, &Prepared)| {
        prepared.measures().iter().enumerate().map(|(place, &measure)| one(problem, place, measure)).collect()
    };
    problems.iter().enumerate().map(all).collect()
}

/// How often each of `n` rows is taken in draw number `draw`.
fn resample(n: usize, draw: usize, seed: u64) -> Vec<u32> {
    let stream = Stream::new(&format!("report.bootstrap.{draw}"), seed);
    let mut counts = vec![0; n];
    for i in 0..n as u64 {
        counts[stream.below(i, n as u64) as usize] += 1;
    }
    counts
}

/// The 95 % interval of a number over draws.
pub fn interval(draws: impl ExactSizeIterator<Item = Option<f64>>) -> Option<(f64, f64)> {
    let all = draws.len() as f64;
    let mut values: Vec<f64> = draws.flatten().collect();
    if all - values.len() as f64 > MOST_UNDEFINED * all {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    Some((percentile(&values, PERCENTILES.0)?, percentile(&values, PERCENTILES.1)?))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::measure::Observation;
    use super::*;

    fn noisy_line(n: u64) -> Vec<Observation> {
        let noise = Stream::new("noise", 0);
        let observation = |i| {
            let x = noise.normal(2 * i);
            Observation { standing: x, value: Some(x), target: x + noise.normal(2 * i + 1), given: None }
        };
        (0..n).map(observation).collect()
    }

    fn all(seen: &[Observation], draws: usize, seed: u64) -> Vec<Drawn> {
        let measures = Measure::all(&[NonZeroUsize::MIN]);
        evaluate(&[Prepared::new(seen, measures, 1.0)], draws, seed).remove(0)
    }

    #[test]
    fn draws_do_not_depend_on_threads_and_depend_on_the_seed() {
        let seen = noisy_line(200);
        let with_threads = |threads: usize, seed| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| all(&seen, 200, seed))
        };
        assert_eq!(with_threads(1, 7), with_threads(3, 7));
        assert_ne!(with_threads(1, 7), with_threads(1, 8));
    }

    /// For a bivariate normal with r = 1/sqrt(2) and n = 1000, the standard error of r is (1 - r^2)/sqrt(n) = 0.0158,
    /// so that the interval is about 0.062 wide.
    #[test]
    fn interval_of_pearson_has_the_width_theory_gives() {
        let found = all(&noisy_line(1000), 500, 0)[2].estimate();
        let (lo, hi) = found.interval.unwrap();
        assert!(lo < found.value.unwrap() && found.value.unwrap() < hi);
        assert!((hi - lo - 0.062).abs() < 0.012, "width {}", hi - lo);
    }

    #[test]
    fn no_draws_give_no_interval() {
        let found = all(&noisy_line(20), 0, 0)[0].estimate();
        assert!(found.value.is_some() && found.interval.is_none());
    }

    #[test]
    fn too_few_rows_are_undefined_and_not_a_panic() {
        assert!(all(&[], 10, 0).iter().all(|drawn| drawn.estimate() == Estimate::default()));
        assert!(all(&noisy_line(1), 10, 0)[..4].iter().all(|drawn| drawn.estimate() == Estimate::default()));
    }

    /// Half of the draws from two rows take the same row twice.
    #[test]
    fn draws_that_are_mostly_undefined_give_no_interval() {
        let found = all(&noisy_line(2), 100, 0)[1].estimate();
        assert!(found.value.is_some() && found.interval.is_none(), "{found:?}");
    }

    /// `numpy.percentile([1, 2, 4, 8], [2.5, 97.5])` is `[1.075, 7.7]`.
    #[test]
    fn percentile_interpolates_as_numpy_does() {
        let (lo, hi) = interval([8.0, 1.0, 4.0, 2.0].map(Some).into_iter()).unwrap();
        assert!((lo - 1.075).abs() < 1e-12 && (hi - 7.7).abs() < 1e-12, "{lo} {hi}");
    }
}

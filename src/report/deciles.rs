//! Correlations inside each tenth of the architectures by target. A proxy that tells good architectures from bad ones may say
//! nothing about which of the good ones is best, and that is where a search ends.

use super::bootstrap::{Drawn, Estimate};
use super::measure::{Measure, Observation, Prepared};

/// How many parts.
pub const PARTS: usize = 10;

/// How a proxy ranks the architectures of one tenth.
#[derive(Clone, Debug)]
pub struct Decile {
    /// The target.
    pub target: String,
    /// The proxy.
    pub proxy: String,
    /// Which tenth, 1 being the best by target.
    pub decile: usize,
    /// How many architectures are in it.
    pub n: usize,
    /// Their lowest and highest target.
    pub range: (f64, f64),
    /// Spearman's rho inside the tenth.
    pub spearman: Estimate,
    /// Kendall's tau-b inside the tenth.
    pub kendall: Estimate,
}

/// Splits the observations into tenths by target, best first. Equal targets stay together, in the best of the tenths that
/// they reach into, so that a tenth may be larger than the next, or empty.
pub fn split(observations: &[Observation]) -> [Vec<Observation>; PARTS] {
    let mut targets: Vec<f64> = observations.iter().map(|seen| seen.target).collect();
    targets.sort_unstable_by(|a, b| b.total_cmp(a));
    let n = targets.len();
    let lowest: Vec<f64> =
        (1..=PARTS).filter_map(|part| targets.get((n * part).div_ceil(PARTS).max(1) - 1).copied()).collect();
    let mut parts: [Vec<Observation>; PARTS] = Default::default();
    for seen in observations {
        let part = lowest.iter().position(|&lowest| seen.target >= lowest).unwrap_or(PARTS - 1);
        parts[part].push(*seen);
    }
    parts
}

/// Prepares the rank correlations of one tenth for the bootstrap: draws resample its members, and none changes its tenth.
pub fn prepare(part: &[Observation]) -> Prepared {
    Prepared::new(part, vec![Measure::Spearman, Measure::Kendall], 1.0)
}

/// Summarises one tenth; `None` where it is empty.
pub fn decile(target: &str, proxy: &str, place: usize, part: &[Observation], drawn: &[Drawn]) -> Option<Decile> {
    let targets = || part.iter().map(|seen| seen.target);
    Some(Decile {
        target: target.to_owned(),
        proxy: proxy.to_owned(),
        decile: place + 1,
        n: part.len(),
        range: (targets().min_by(f64::total_cmp)?, targets().max_by(f64::total_cmp)?),
        spearman: drawn[0].estimate(),
        kendall: drawn[1].estimate(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(targets: impl Iterator<Item = f64>) -> [usize; PARTS] {
        let seen: Vec<_> =
            targets.map(|target| Observation { standing: 0.0, value: None, target, given: None }).collect();
        split(&seen).map(|part| part.len())
    }

    #[test]
    fn tenths_are_equal_up_to_one_without_ties() {
        assert_eq!(sizes((0..100).map(f64::from)), [10; PARTS]);
        assert_eq!(sizes((0..15_625).map(f64::from)), [1563, 1562, 1563, 1562, 1563, 1562, 1563, 1562, 1563, 1562]);
    }

    #[test]
    fn ties_stand_together_and_few_rows_leave_tenths_empty() {
        assert_eq!(sizes([5.0; 20].into_iter()), [20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(sizes([3.0, 2.0, 1.0].into_iter()).iter().sum::<usize>(), 3);
        assert_eq!(sizes(std::iter::empty()), [0; PARTS]);
    }

    #[test]
    fn the_first_is_the_best() {
        let seen: Vec<_> =
            (0..30).map(|i| Observation { standing: 0.0, value: None, target: f64::from(i), given: None }).collect();
        assert_eq!(split(&seen)[0].iter().map(|seen| seen.target).collect::<Vec<_>>(), [27.0, 28.0, 29.0]);
    }
}

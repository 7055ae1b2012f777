//! Is proxy A better than proxy B? The difference of their correlations, followed draw by draw on the same architectures.
//!
//! Two overlapping intervals do not answer this: both proxies move together when the architectures change. Each pair is
//! compared on the architectures that take part for both, and correlations count by their declared direction, so that a
//! positive difference always speaks for A.

use std::collections::HashMap;

use super::bootstrap::{Drawn, Estimate, evaluate, interval};
use super::measure::{Measure, Observation, Prepared};
use super::summary::Joined;

/// The rank correlations compared.
const MEASURES: [Measure; 2] = [Measure::Spearman, Measure::Kendall];

/// How two proxies differ on one target.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The target.
    pub target: String,
    /// The first proxy.
    pub a: String,
    /// The second.
    pub b: String,
    /// Spearman's rho or Kendall's tau-b.
    pub measure: Measure,
    /// Number of architectures compared.
    pub n: usize,
    /// The correlation of A minus that of B, each by its direction.
    pub difference: Estimate,
    /// The share of draws in which A is better; draws in which they are equal count half. `None` without draws.
    pub a_better: Option<f64>,
}

/// Compares every two proxies of a target. `drawn` holds the measures of all proxies, in the same order.
pub fn compare(joined: &[Joined<'_>], drawn: &[Vec<Drawn>], draws: usize, seed: u64) -> Vec<Pair> {
    let mut again = Again::default();
    let mut planned = Vec::new();
    for (a, first) in joined.iter().enumerate() {
        for (b, second) in joined.iter().enumerate().skip(a + 1).filter(|(_, other)| other.target == first.target) {
            if first.sample.rows == second.sample.rows {
                planned.push((a, b, first.sample.rows.len(), None));
                continue;
            }
            let common = common(&first.sample.rows, &second.sample.rows);
            let n = common.len();
            let places = (again.place(joined, a, &common), again.place(joined, b, &common));
            planned.push((a, b, n, Some(places)));
        }
    }
    let redrawn = evaluate(&again.problems, draws, seed);
    let mut pairs = Vec::new();
    for (a, b, n, places) in planned {
        for measure in MEASURES {
            let of_a = find(places.map_or(&drawn[a], |places| &redrawn[places.0]), measure);
            let of_b = find(places.map_or(&drawn[b], |places| &redrawn[places.1]), measure);
            let (Some(of_a), Some(of_b)) = (of_a, of_b) else { continue };
            let signs = (joined[a].direction.sign(), joined[b].direction.sign());
            let less = |(a, b): (Option<f64>, Option<f64>)| Some(signs.0 * a? - signs.1 * b?);
            let differences: Vec<Option<f64>> =
                of_a.draws.iter().copied().zip(of_b.draws.iter().copied()).map(less).collect();
            let difference =
                Estimate { value: less((of_a.value, of_b.value)), interval: interval(differences.iter().copied()) };
            let (target, a, b) = (joined[a].target.to_owned(), joined[a].proxy.to_owned(), joined[b].proxy.to_owned());
            pairs.push(Pair { target, a, b, measure, n, difference, a_better: share_above_zero(&differences) });
        }
    }
    pairs
}

fn find(drawn: &[Drawn], measure: Measure) -> Option<&Drawn> {
    drawn.iter().find(|drawn| drawn.measure == measure)
}

/// The share of differences above 0, those that are 0 counting half; `None` where none is defined.
pub(crate) fn share_above_zero(differences: &[Option<f64>]) -> Option<f64> {
    let defined: Vec<f64> = differences.iter().flatten().copied().collect();
    let worth = |difference: &f64| match difference {
        difference if *difference > 0.0 => 1.0,
        difference if *difference == 0.0 => 0.5,
        _ => 0.0,
    };
    (!defined.is_empty()).then(|| defined.iter().map(worth).sum::<f64>() / defined.len() as f64)
}

/// What two ascending lists share.
fn common(a: &[usize], b: &[usize]) -> Vec<usize> {
    a.iter().copied().filter(|row| b.binary_search(row).is_ok()).collect()
}

/// Proxies that have to be drawn again on fewer architectures, once per set of architectures.
#[derive(Default)]
struct Again {
    known: HashMap<(usize, Vec<usize>), usize>,
    problems: Vec<Prepared>,
}

impl Again {
    fn place(&mut self, joined: &[Joined<'_>], which: usize, rows: &[usize]) -> usize {
        if let Some(&place) = self.known.get(&(which, rows.to_vec())) {
            return place;
        }
        let sample = &joined[which].sample;
        let all = sample.rows.iter().zip(&sample.observations);
        let kept: Vec<Observation> =
            all.filter(|(row, _)| rows.binary_search(row).is_ok()).map(|(_, seen)| *seen).collect();
        self.problems.push(Prepared::new(&kept, MEASURES.to_vec(), 1.0));
        self.known.insert((which, rows.to_vec()), self.problems.len() - 1);
        self.problems.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::super::join::{BadPolicy, Direction};
    use super::super::summary::join_all;
    use super::*;

    /// Forty architectures: `good` follows the target, `poor` is noise, `cost` falls with it, `part` is bad for some.
    fn pairs(bad: BadPolicy, draws: usize) -> Vec<Pair> {
        let mut lines = String::new();
        for i in 0..40 {
            let good = (i + (i * 7) % 5) as f64;
            lines += &format!("a{i:02},good,0,{good},,ok,1\na{i:02},poor,0,{},,ok,1\n", (i * 17) % 40);
            lines += &format!("a{i:02},cost,0,{},,ok,1\n", -good);
            lines += &match i % 4 {
                0 => format!("a{i:02},part,0,,,singular,1\n"),
                _ => format!("a{i:02},part,0,{good},,ok,1\n"),
            };
        }
        let readings = average(&scores(&lines)).unwrap();
        let values: Vec<(String, f64)> = (0..40).map(|i| (format!("a{i:02}"), i as f64)).collect();
        let acc = target("acc", &values.iter().map(|(arch, value)| (arch.as_str(), *value)).collect::<Vec<_>>());
        let settings = Settings { bad, ..Settings::default() };
        let direction = |proxy: &str| if proxy == "cost" { Direction::Lower } else { Direction::Higher };
        let targets = [acc];
        let joined = join_all(&readings, &targets, None, &direction, &settings).unwrap();
        let problems: Vec<Prepared> = joined.iter().map(|joined| joined.prepare(&settings)).collect();
        compare(&joined, &evaluate(&problems, draws, 0), draws, 0)
    }

    fn of<'a>(pairs: &'a [Pair], a: &str, b: &str) -> &'a Pair {
        pairs.iter().find(|pair| pair.a == a && pair.b == b && pair.measure == Measure::Spearman).unwrap()
    }

    #[test]
    fn the_better_proxy_wins_its_draws() {
        let found = pairs(BadPolicy::Worst, 200);
        assert_eq!(found.len(), 2 * 6);
        let pair = of(&found, "good", "poor");
        assert!(pair.difference.interval.unwrap().0 > 0.0 && pair.a_better == Some(1.0), "{pair:?}");
    }

    #[test]
    fn direction_counts_and_the_same_ranking_differs_nowhere() {
        let found = pairs(BadPolicy::Worst, 50);
        let pair = of(&found, "good", "cost");
        assert!(pair.difference.value.unwrap().abs() < 1e-12, "{pair:?}");
        let (lo, hi) = pair.difference.interval.unwrap();
        assert!(lo.abs() < 1e-12 && hi.abs() < 1e-12);
    }

    #[test]
    fn proxies_are_compared_on_what_both_have() {
        let found = pairs(BadPolicy::Drop, 50);
        assert_eq!((of(&found, "good", "poor").n, of(&found, "good", "part").n), (40, 30));
        assert_eq!(of(&found, "good", "part").difference.value, Some(0.0), "the same scores where both have one");
        assert_eq!(of(&found, "good", "part").a_better, Some(0.5));
    }

    #[test]
    fn without_draws_there_is_a_difference_and_no_share() {
        let pair = &pairs(BadPolicy::Worst, 0)[0];
        assert!(pair.difference.value.is_some() && pair.difference.interval.is_none() && pair.a_better.is_none());
    }
}

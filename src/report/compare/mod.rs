//! Compares two runs: how alike they rank, which architectures move most, and in what their manifests differ.

use std::collections::HashMap;

use super::Settings;
use super::average::{ProxyReadings, Reading, Readings};
use super::bootstrap::{Estimate, evaluate};
use super::join::{BadPolicy, Direction, standing};
use super::measure::{Measure, Observation, Prepared};
use super::statistics::average_ranks;

mod page;
mod request;
mod tables;
mod text;

pub use request::{CompareRequest, Compared};
pub use tables::write;
pub use text::text;

/// How one proxy of the first run and one of the second agree.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The proxy in the first run.
    pub a: String,
    /// The proxy in the second.
    pub b: String,
    /// Number of architectures that take part in both.
    pub n: usize,
    /// Architectures evaluated in the first only.
    pub only_a: Vec<String>,
    /// Architectures evaluated in the second only.
    pub only_b: Vec<String>,
    /// Number of architectures with exactly the same score, or the same status where there is none; 0 where the scales differ.
    pub equal: usize,
    /// Number of architectures that have a score in one run and none in the other.
    pub status_changed: usize,
    /// Spearman's rho of the two.
    pub spearman: Estimate,
    /// Kendall's tau-b of the two.
    pub kendall: Estimate,
    /// The largest `|b - a|`, of the logarithms where both are on a log scale; `None` where the scales differ.
    pub largest_difference: Option<f64>,
    /// Every architecture evaluated in both, those that move most first.
    pub moves: Vec<Move>,
}

/// One architecture in both runs.
#[derive(Clone, Debug)]
pub struct Move {
    /// The architecture.
    pub arch: String,
    /// Its reading in the first run.
    pub a: Reading,
    /// Its reading in the second run.
    pub b: Reading,
    /// Its rank in the first run, counted from 1, the best; ties share the mean rank. `None` where it takes no part.
    pub rank_a: Option<f64>,
    /// Its rank in the second.
    pub rank_b: Option<f64>,
}

impl Move {
    /// Returns how many places it moves; a negative number is towards the best.
    pub fn change(&self) -> Option<f64> {
        Some(self.rank_b? - self.rank_a?)
    }
}

/// A setting in which two manifests differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its name.
    pub key: String,
    /// Its value in the first manifest, as JSON; empty where it is missing.
    pub a: String,
    /// Its value in the second manifest.
    pub b: String,
}

/// Compares each named proxy of `a` with one of `b`; names that do not exist are skipped.
pub fn agreements(
    a: &Readings,
    b: &Readings,
    names: &[(String, String)],
    direction: &dyn Fn(&str) -> Direction,
    settings: &Settings,
) -> Vec<Agreement> {
    let find = |readings: &'_ Readings, name: &str| readings.proxies.iter().position(|proxy| proxy.proxy == name);
    let matched: Vec<Matched> = names
        .iter()
        .filter_map(|(of_a, of_b)| {
            let (of_a, of_b) = (&a.proxies[find(a, of_a)?], &b.proxies[find(b, of_b)?]);
            Some(Matched::new((&a.archs, of_a), (&b.archs, of_b), direction, settings.bad))
        })
        .collect();
    let problems: Vec<Prepared> = matched.iter().map(Matched::prepare).collect();
    let drawn = evaluate(&problems, settings.bootstrap, settings.seed);
    let all = matched.into_iter().zip(drawn);
    all.map(|(matched, drawn)| matched.agreement(drawn[0].estimate(), drawn[1].estimate())).collect()
}

/// Returns the keys in which two manifests differ; `None` where one of the files has no manifest.
pub fn differences(a: Option<&serde_json::Value>, b: Option<&serde_json::Value>) -> Option<Vec<Difference>> {
    let (a, b) = (a?.as_object()?, b?.as_object()?);
    let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let text = |value: Option<&serde_json::Value>| value.map(ToString::to_string).unwrap_or_default();
    let differing = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
    Some(differing.map(|key| Difference { key: key.clone(), a: text(a.get(key)), b: text(b.get(key)) }).collect())
}

/// Two proxies with the architectures that both evaluated, in the order of their text.
struct Matched<'a> {
    a: &'a ProxyReadings,
    b: &'a ProxyReadings,
    only_a: Vec<String>,
    only_b: Vec<String>,
    both: Vec<Both<'a>>,
}

/// An architecture that both evaluated.
struct Both<'a> {
    arch: &'a str,
    a: &'a Reading,
    b: &'a Reading,
    /// What each ranks by, higher being better; `None` where the architecture does not take part in both.
    standings: Option<(f64, f64)>,
}

impl<'a> Matched<'a> {
    fn new(
        a: (&'a [String], &'a ProxyReadings),
        b: (&'a [String], &'a ProxyReadings),
        direction: &dyn Fn(&str) -> Direction,
        bad: BadPolicy,
    ) -> Self {
        fn evaluated<'a>(
            (archs, proxy): (&'a [String], &'a ProxyReadings),
        ) -> impl Iterator<Item = (&'a str, &'a Reading)> {
            archs.iter().zip(&proxy.readings).filter_map(|(arch, reading)| Some((arch.as_str(), reading.as_ref()?)))
        }
        let mut of_b: HashMap<&str, &Reading> = evaluated(b).collect();
        let rank_by = |reading: &Reading, proxy: &str| {
            let direction = direction(proxy);
            standing(reading, direction, bad).map(|standing| direction.sign() * standing)
        };
        let mut only_a = Vec::new();
        let mut both = Vec::new();
        for (arch, reading) in evaluated(a) {
            match of_b.remove(arch) {
                None => only_a.push(arch.to_owned()),
                Some(other) => {
                    let standings = rank_by(reading, &a.1.proxy).zip(rank_by(other, &b.1.proxy));
                    both.push(Both { arch, a: reading, b: other, standings });
                }
            }
        }
        let mut only_b: Vec<String> = of_b.into_keys().map(str::to_owned).collect();
        only_b.sort_unstable();
        Matched { a: a.1, b: b.1, only_a, only_b, both }
    }

    fn prepare(&self) -> Prepared {
        let seen = self.both.iter().filter_map(|both| {
            let (standing, target) = both.standings?;
            Some(Observation { standing, target, value: None, given: None })
        });
        Prepared::new(&seen.collect::<Vec<_>>(), vec![Measure::Spearman, Measure::Kendall], 1.0)
    }

    fn agreement(self, spearman: Estimate, kendall: Estimate) -> Agreement {
        let is_ok = |reading: &Reading| !matches!(reading, Reading::Bad(_));
        let same_scale = self.a.ln == self.b.ln;
        let difference = |a: &Reading, b: &Reading| match (a, b) {
            (Reading::Value(a), Reading::Value(b)) => Some((b - a).abs()),
            _ => None,
        };
        let differences = self.both.iter().filter_map(|both| difference(both.a, both.b));
        let (ranks_a, ranks_b) = (self.ranks(|standings| standings.0), self.ranks(|standings| standings.1));
        let of = |(place, both): (usize, &Both<'_>)| Move {
            arch: both.arch.to_owned(),
            a: both.a.clone(),
            b: both.b.clone(),
            rank_a: ranks_a[place],
            rank_b: ranks_b[place],
        };
        let mut moves: Vec<Move> = self.both.iter().enumerate().map(of).collect();
        let distance = |moved: &Move| moved.change().map_or(-1.0, f64::abs);
        moves.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
        Agreement {
            a: self.a.proxy.clone(),
            b: self.b.proxy.clone(),
            n: self.both.iter().filter(|both| both.standings.is_some()).count(),
            only_a: self.only_a,
            only_b: self.only_b,
            equal: self.both.iter().filter(|both| same_scale && both.a == both.b).count(),
            status_changed: self.both.iter().filter(|both| is_ok(both.a) != is_ok(both.b)).count(),
            spearman,
            kendall,
            largest_difference: if same_scale { differences.max_by(f64::total_cmp) } else { None },
            moves,
        }
    }

    /// Ranks from the best among the architectures that take part in both.
    fn ranks(&self, of: fn((f64, f64)) -> f64) -> Vec<Option<f64>> {
        let standings = self.both.iter().enumerate().filter_map(|(place, both)| Some((place, of(both.standings?))));
        let (places, fallen): (Vec<usize>, Vec<f64>) = standings.map(|(place, standing)| (place, -standing)).unzip();
        let mut ranks = vec![None; self.both.len()];
        for (place, rank) in places.into_iter().zip(average_ranks(&fallen).unwrap_or_default()) {
            ranks[place] = Some(rank);
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::scores;
    use super::*;

    fn compared(bad: BadPolicy) -> Agreement {
        let a =
            average(&scores("a,zen,0,1,,ok,1\nb,zen,0,2,,ok,1\nc,zen,0,3,,ok,1\nd,zen,0,,,nan,1\nx,zen,0,5,,ok,1\n"))
                .unwrap();
        let b =
            average(&scores("a,other,0,1,,ok,1\nb,other,0,9,,ok,1\nc,other,0,3,,ok,1\nd,other,0,1,,ok,1\n")).unwrap();
        let settings = Settings { bad, bootstrap: 0, ..Settings::default() };
        let names = [("zen".to_owned(), "other".to_owned()), ("absent".to_owned(), "other".to_owned())];
        let mut found = agreements(&a, &b, &names, &|_| Direction::Higher, &settings);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// `spearmanr([1, 2, 3, 0], [1, 9, 3, 1])` is 0.7378647873726218.
    #[test]
    fn ranks_statuses_and_values_are_compared() {
        let found = compared(BadPolicy::Worst);
        assert_eq!(
            (found.n, found.only_a.concat(), found.only_b.len(), found.equal, found.status_changed),
            (4, "x".into(), 0, 2, 1)
        );
        assert!((found.spearman.value.unwrap() - 0.7378647873726218).abs() < 1e-12, "{:?}", found.spearman);
        assert_eq!(found.largest_difference, Some(7.0));
        let first = &found.moves[0];
        assert_eq!((first.arch.as_str(), first.rank_a, first.rank_b), ("b", Some(2.0), Some(1.0)));
    }

    #[test]
    fn dropped_architectures_take_no_part() {
        let found = compared(BadPolicy::Drop);
        assert_eq!((found.n, found.status_changed), (3, 1));
        let last = found.moves.last().unwrap();
        assert_eq!((last.arch.as_str(), last.rank_a, last.change()), ("d", None, None));
    }

    #[test]
    fn manifests_differ_by_key() {
        let (a, b) =
            (serde_json::json!({"seed": 0, "space": "s"}), serde_json::json!({"seed": 1, "space": "s", "new": true}));
        let found = differences(Some(&a), Some(&b)).unwrap();
        let expected = [("new", "", "true"), ("seed", "0", "1")];
        assert_eq!(found.iter().map(|d| (d.key.as_str(), d.a.as_str(), d.b.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(differences(Some(&a), None), None);
    }
}

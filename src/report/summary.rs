//! The summary: one row per target and proxy, with the number of architectures behind each number.

use std::collections::BTreeMap;

use super::average::Readings;
use super::bootstrap::{Drawn, Estimate};
use super::join::{Direction, Sample, Target, check_overlap, join};
use super::measure::{Measure, Prepared};
use super::{Error, Settings};

/// How one proxy ranks the architectures by one target.
#[derive(Clone, Debug)]
pub struct SummaryRow {
    /// The benchmark column.
    pub target: String,
    /// The proxy.
    pub proxy: String,
    /// Whether higher or lower scores are declared better; this decides the worst rank and the top k, but changes no sign.
    pub direction: Direction,
    /// Whether Pearson's r is taken on ln(score).
    pub ln: bool,
    /// Number of architectures in the rank correlations and the top k.
    pub n: usize,
    /// How many architectures have a number, ln 0 included.
    pub ok: usize,
    /// How many have none, by status; part of `n` unless they are dropped.
    pub bad: BTreeMap<String, usize>,
    /// How many of `ok` are ln 0. Pearson's r is over `ok - ln_zero`.
    pub ln_zero: usize,
    /// How many were scored and have no value of the target.
    pub missing: usize,
    /// How many of `n` have a reading of what partial correlations control for.
    pub n_given: usize,
    /// The measures in the order of [`Measure::all`]; those at k are undefined where `n < k`.
    pub estimates: Vec<(Measure, Estimate)>,
    /// The best target among the `n`.
    pub best_possible: Option<f64>,
    /// Mean wall time of an evaluation, in seconds.
    pub seconds_mean: Option<f64>,
    /// Why correlations are undefined, where they are.
    pub undefined: Option<&'static str>,
}

impl SummaryRow {
    /// One of the estimates; undefined where that measure was not taken.
    pub fn estimate(&self, measure: Measure) -> Estimate {
        let found = self.estimates.iter().find(|(known, _)| *known == measure);
        found.map_or_else(Estimate::default, |(_, estimate)| *estimate)
    }
}

/// A target and a proxy, joined on the architectures that they have in common.
pub struct Joined<'a> {
    /// The target.
    pub target: &'a str,
    /// The proxy.
    pub proxy: &'a str,
    /// Whether its values are logarithms.
    pub ln: bool,
    /// Whether higher or lower values are better.
    pub direction: Direction,
    /// The architectures.
    pub sample: Sample,
}

/// Joins every proxy with every target, in their order.
///
/// # Errors
/// Where a target has no architecture in common with the scores.
pub fn join_all<'a>(
    readings: &'a Readings,
    targets: &'a [Target],
    given: Option<&Target>,
    direction: &dyn Fn(&str) -> Direction,
    settings: &Settings,
) -> Result<Vec<Joined<'a>>, Error> {
    check_overlap(readings, targets)?;
    let pairs = targets.iter().flat_map(|target| readings.proxies.iter().map(move |proxy| (target, proxy)));
    let one = |(target, proxy): (&'a Target, &'a super::average::ProxyReadings)| {
        let direction = direction(&proxy.proxy);
        let given = given.filter(|given| given.name != proxy.proxy);
        let sample = join(&readings.archs, proxy, target, given, direction, settings.bad);
        Joined { target: &target.name, proxy: &proxy.proxy, ln: proxy.ln, direction, sample }
    };
    Ok(pairs.map(one).collect())
}

impl Joined<'_> {
    /// Prepares all measures for the bootstrap.
    pub fn prepare(&self, settings: &Settings) -> Prepared {
        Prepared::new(&self.sample.observations, Measure::all(&settings.top), self.direction.sign())
    }

    /// Summarises what was drawn.
    pub fn summarise(&self, drawn: &[Drawn]) -> SummaryRow {
        let seen = &self.sample.observations;
        SummaryRow {
            target: self.target.to_owned(),
            proxy: self.proxy.to_owned(),
            direction: self.direction,
            ln: self.ln,
            n: seen.len(),
            ok: self.sample.ok,
            bad: self.sample.bad.clone(),
            ln_zero: self.sample.ln_zero,
            missing: self.sample.missing,
            n_given: seen.iter().filter(|seen| seen.given.is_some()).count(),
            estimates: drawn.iter().map(|drawn| (drawn.measure, drawn.estimate())).collect(),
            best_possible: seen.iter().map(|seen| seen.target).max_by(f64::total_cmp),
            seconds_mean: self.sample.seconds_mean,
            undefined: self.undefined(),
        }
    }

    fn undefined(&self) -> Option<&'static str> {
        let seen = &self.sample.observations;
        let constant =
            |of: fn(&super::measure::Observation) -> f64| seen.windows(2).all(|two| of(&two[0]) == of(&two[1]));
        match seen.len() {
            _ if self.sample.ok == 0 => Some("no architecture has a score"),
            0 | 1 => Some("fewer than two architectures"),
            _ if constant(|seen| seen.standing) => Some("all scores are equal"),
            _ if constant(|seen| seen.target) => Some("all values of the target are equal"),
            _ => None,
        }
    }
}

/// Writes counts as text, as in `disconnected 3, singular 1`; empty where there are none.
pub fn bad_text(bad: &BTreeMap<String, usize>) -> String {
    let counts: Vec<String> = bad.iter().map(|(status, count)| format!("{status} {count}")).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::average::average;
    use super::super::bootstrap::evaluate;
    use super::super::fixture::{scores, target};
    use super::super::join::BadPolicy;
    use super::*;

    fn k(k: usize) -> NonZeroUsize {
        NonZeroUsize::new(k).unwrap()
    }

    fn of(lines: &str, targets: &[Target], bad: BadPolicy) -> Vec<SummaryRow> {
        let readings = average(&scores(lines)).unwrap();
        let direction = |proxy: &str| if proxy == "loss" { Direction::Lower } else { Direction::Higher };
        let settings = Settings { bad, bootstrap: 20, seed: 0, top: vec![k(1), k(2), k(9)] };
        let joined = join_all(&readings, targets, None, &direction, &settings).unwrap();
        let problems: Vec<Prepared> = joined.iter().map(|joined| joined.prepare(&settings)).collect();
        let drawn = evaluate(&problems, 20, 0);
        joined.iter().zip(&drawn).map(|(joined, drawn)| joined.summarise(drawn)).collect()
    }

    fn summary(bad: BadPolicy) -> Vec<SummaryRow> {
        let lines = "a,naswot,0,1,,ok,2\n\
             b,naswot,0,2,,ok,2\n\
             c,naswot,0,3,,ok,2\n\
             d,naswot,0,,,singular,2\n\
             x,naswot,0,9,,ok,9\n\
             a,loss,0,3,,ok,1\n\
             b,loss,0,2,,ok,1\n\
             c,loss,0,1,,ok,1\n";
        of(lines, &[target("acc", &[("a", 50.0), ("b", 70.0), ("c", 60.0), ("d", 10.0), ("y", 99.0)])], bad)
    }

    fn value(row: &SummaryRow, measure: Measure) -> Option<f64> {
        row.estimate(measure).value
    }

    /// `scipy.stats.kendalltau([0, 1, 2, 3], [10, 50, 70, 60])` is 2/3 and `spearmanr` of the same is 0.8;
    /// `pearsonr([1, 2, 3], [50, 70, 60])` is 0.5, and so is `spearmanr`.
    #[test]
    fn bad_rows_count_in_ranks_and_not_in_pearson() {
        let found = &summary(BadPolicy::Worst)[0];
        assert_eq!((found.n, found.ok, found.missing, bad_text(&found.bad).as_str()), (4, 3, 1, "singular 1"));
        assert!((value(found, Measure::Spearman).unwrap() - 0.8).abs() < 1e-12);
        assert!((value(found, Measure::Kendall).unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!((value(found, Measure::Pearson).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!((found.best_possible, found.seconds_mean), (Some(70.0), Some(2.0)));
        let best = [1, 2, 9].map(|top| value(found, Measure::BestTop(k(top))));
        assert_eq!(best, [Some(60.0), Some(70.0), None]);
        let regret = [1, 2, 9].map(|top| value(found, Measure::Regret(k(top))));
        assert_eq!(regret, [Some(10.0), Some(0.0), None]);
    }

    #[test]
    fn dropped_rows_are_out_of_n_and_still_counted() {
        let found = &summary(BadPolicy::Drop)[0];
        assert_eq!((found.n, found.ok, bad_text(&found.bad).as_str()), (3, 3, "singular 1"));
        assert!((value(found, Measure::Spearman).unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn correlations_keep_their_sign_where_lower_is_better() {
        let found = &summary(BadPolicy::Worst)[1];
        assert!((value(found, Measure::Spearman).unwrap() + 0.5).abs() < 1e-12);
        assert_eq!(value(found, Measure::BestTop(k(1))), Some(60.0), "the smallest loss is c's");
    }

    #[test]
    fn what_is_undefined_says_why() {
        let lines =
            "a,flat,0,1,,ok,1\nb,flat,0,1,,ok,1\na,dead,0,,,singular,1\nb,dead,0,,,singular,1\nb,one,0,3,,ok,1\n";
        let targets = [target("acc", &[("a", 1.0), ("b", 2.0)]), target("same", &[("a", 1.0), ("b", 1.0)])];
        let found = of(lines, &targets, BadPolicy::Worst);
        assert!(found.iter().all(|row| value(row, Measure::Spearman).is_none()));
        let why: Vec<_> = found.iter().map(|row| row.undefined.unwrap()).collect();
        let (none, few) = ("no architecture has a score", "fewer than two architectures");
        assert_eq!(why, ["all scores are equal", none, few, "all scores are equal", none, few]);
        let lines = "a,x,0,1,,ok,1\nb,x,0,2,,ok,1\n";
        assert_eq!(of(lines, &targets, BadPolicy::Worst)[1].undefined, Some("all values of the target are equal"));
    }
}

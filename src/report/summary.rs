//! The summary: one row a target and proxy, saying on how many architectures each number stands.

use std::collections::BTreeMap;

use super::Settings;
use super::average::Readings;
use super::bootstrap::{Correlations, correlate};
use super::error::Result;
use super::join::{Direction, Target, check_overlap, join};
use super::top::best_in_top;

/// How one proxy ranks the architectures by one target.
#[derive(Clone, Debug)]
pub struct SummaryRow {
    /// The benchmark column.
    pub target: String,
    /// The proxy.
    pub proxy: String,
    /// Which end of its scale is declared good; it decides the worst rank and the top k, and no sign.
    pub direction: Direction,
    /// Whether Pearson's r is taken on ln(score).
    pub ln: bool,
    /// How many architectures the rank correlations and the top k are over.
    pub n: usize,
    /// How many architectures have a number, ln 0 included.
    pub ok: usize,
    /// How many have none, by status; part of `n` unless they are dropped.
    pub bad: BTreeMap<String, usize>,
    /// How many of `ok` are ln 0. Pearson's r is over `ok - ln_zero`.
    pub ln_zero: usize,
    /// How many were scored and have no value of the target.
    pub missing: usize,
    /// The signed correlations.
    pub correlations: Correlations,
    /// The best target among the top k, for each k of the settings; `None` where `n < k`.
    pub best_top: Vec<Option<f64>>,
    /// The best target among the `n`.
    pub best_possible: Option<f64>,
    /// Mean wall time of an evaluation, in seconds.
    pub seconds_mean: Option<f64>,
}

/// Summarises every proxy against every target, in their order.
///
/// # Errors
/// Where a target has no architecture in common with the scores.
pub fn summarise(
    readings: &Readings,
    targets: &[Target],
    direction: impl Fn(&str) -> Direction,
    settings: &Settings,
) -> Result<Vec<SummaryRow>> {
    check_overlap(readings, targets)?;
    let mut rows = Vec::with_capacity(targets.len() * readings.proxies.len());
    for target in targets {
        for proxy in &readings.proxies {
            let direction = direction(&proxy.proxy);
            let sample = join(&readings.archs, proxy, target, direction, settings.bad);
            let seen = &sample.observations;
            rows.push(SummaryRow {
                target: target.name.clone(),
                proxy: proxy.proxy.clone(),
                direction,
                ln: proxy.ln,
                n: seen.len(),
                correlations: correlate(seen, settings.bootstrap, settings.seed),
                best_top: settings.top.iter().map(|k| best_in_top(seen, k.get(), direction)).collect(),
                best_possible: seen.iter().map(|seen| seen.target).max_by(f64::total_cmp),
                ok: sample.ok,
                bad: sample.bad,
                ln_zero: sample.ln_zero,
                missing: sample.missing,
                seconds_mean: sample.seconds_mean,
            });
        }
    }
    Ok(rows)
}

/// Counts as text: `disconnected 3, singular 1`, and the empty text for none.
pub fn bad_text(bad: &BTreeMap<String, usize>) -> String {
    let counts: Vec<String> = bad.iter().map(|(status, count)| format!("{status} {count}")).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::super::join::BadPolicy;
    use super::*;

    fn settings(bad: BadPolicy) -> Settings {
        let top = [1, 2, 9].into_iter().filter_map(NonZeroUsize::new).collect();
        Settings { bad, bootstrap: 20, seed: 0, top }
    }

    fn summary(bad: BadPolicy) -> Vec<SummaryRow> {
        let readings = average(&scores(
            "a,naswot,0,1,,ok,2\n\
             b,naswot,0,2,,ok,2\n\
             c,naswot,0,3,,ok,2\n\
             d,naswot,0,,,singular,2\n\
             x,naswot,0,9,,ok,9\n\
             a,loss,0,3,,ok,1\n\
             b,loss,0,2,,ok,1\n\
             c,loss,0,1,,ok,1\n",
        ))
        .unwrap();
        let acc = target("acc", &[("a", 50.0), ("b", 70.0), ("c", 60.0), ("d", 10.0), ("y", 99.0)]);
        let direction = |proxy: &str| if proxy == "loss" { Direction::Lower } else { Direction::Higher };
        summarise(&readings, &[acc], direction, &settings(bad)).unwrap()
    }

    /// `scipy.stats.kendalltau([0, 1, 2, 3], [10, 50, 70, 60])` is 2/3 and `spearmanr` of the same is 0.8;
    /// `pearsonr([1, 2, 3], [50, 70, 60])` is 0.5, and so is `spearmanr`.
    #[test]
    fn bad_rows_count_in_ranks_and_not_in_pearson() {
        let found = &summary(BadPolicy::Worst)[0];
        assert_eq!((found.n, found.ok, found.missing, bad_text(&found.bad).as_str()), (4, 3, 1, "singular 1"));
        let Correlations { spearman, kendall, pearson } = found.correlations;
        assert!((spearman.value.unwrap() - 0.8).abs() < 1e-12);
        assert!((kendall.value.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!((pearson.value.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!((found.best_possible, found.seconds_mean), (Some(70.0), Some(2.0)));
        assert_eq!(found.best_top, [Some(60.0), Some(70.0), None]);
    }

    #[test]
    fn dropped_rows_are_out_of_n_and_still_counted() {
        let found = &summary(BadPolicy::Drop)[0];
        assert_eq!((found.n, found.ok, bad_text(&found.bad).as_str()), (3, 3, "singular 1"));
        assert!((found.correlations.spearman.value.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn correlations_keep_their_sign_where_lower_is_better() {
        let found = &summary(BadPolicy::Worst)[1];
        assert!((found.correlations.spearman.value.unwrap() + 0.5).abs() < 1e-12);
        assert_eq!(found.best_top[0], Some(60.0), "the smallest loss is c's");
    }
}

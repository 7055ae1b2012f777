//! The report of published scores on all of NATS-Bench's topology space, checked against scipy.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use zeronas_datasets::BenchmarkTable;

use super::average::average;
use super::join::{BadPolicy, Direction, Target};
use super::measure::Measure;
use super::scores::{Columns, Scores};
use super::{Report, Settings, report};

/// A file of the data that stands beside the checkout.
fn shared(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    assert!(path.exists(), "{} is not there", path.display());
    path
}

/// The report of these columns of the published scores, read as another tool's table keyed by the benchmark's index.
fn published(proxies: &[&str], target: &str, bad: BadPolicy, bootstrap: usize) -> Report {
    let (scores, table) = (shared("nats_tss_published_scores.parquet"), shared("nats_tss.parquet"));
    let table = BenchmarkTable::open(&table).unwrap();
    let column = |name: &str| -> HashMap<String, f64> {
        let values = table.column(name).unwrap().into_iter().map(Option::unwrap);
        table.architectures().map(str::to_owned).zip(values).collect()
    };
    let archs_by_index = column("index").into_iter().map(|(arch, index)| (index as u64, arch)).collect();
    let wide = Columns {
        proxies: proxies.iter().map(|&name| name.to_owned()).collect(),
        archs_by_index,
        ..Columns::default()
    };
    let readings = average(&Scores::read(&[scores], &wide).unwrap()).unwrap();
    let targets = [Target { name: target.to_owned(), values: column(target) }];
    let params = Target { name: "params".into(), values: column("c10_params") };
    let settings = Settings { bad, bootstrap, ..Settings::default() };
    report(&readings, &targets, Some(&params), &|_| Direction::Higher, &settings).unwrap()
}

fn assert_close(found: Option<f64>, golden: f64, tolerance: f64) {
    assert!(found.is_some_and(|found| (found - golden).abs() < tolerance), "{found:?} is not {golden}");
}

fn at(k: usize, measure: fn(std::num::NonZeroUsize) -> Measure) -> Measure {
    measure(k.try_into().unwrap())
}

/// FreeREA's cached naswot scores, 201 of them -inf: rho .785 and tau .598 without those. The digits are from
///
/// ```python
/// ok = np.isfinite(naswot)
/// spearmanr(naswot[ok], acc[ok])[0], kendalltau(naswot[ok], acc[ok])[0], pearsonr(naswot[ok], acc[ok])[0]
/// ndcg_score([2**acc[ok] - 1], [naswot[ok]], k=1000)
/// partial(naswot[ok], acc[ok], params[ok])                      # by residuals of ranks, as for `statistics::partial`
/// best = acc >= np.sort(acc[ok])[-1543]                         # the best tenth of 15,424
/// spearmanr(naswot[ok & best], acc[ok & best])[0]
/// ```
#[test]
#[ignore = "needs nats_tss_published_scores.parquet and nats_tss.parquet in ../shared/data"]
fn without_singular_architectures_the_published_correlations_come_out() {
    let found = published(&["c10_freerea_naswot"], "c10_test_200", BadPolicy::Drop, 0);
    let row = &found.summary[0];
    assert_eq!((row.n, row.bad["minus_infinite"], row.missing, row.n_given), (15_424, 201, 0, 15_424));
    for (measure, golden) in [
        (Measure::Spearman, 0.7849097237089419),
        (Measure::Kendall, 0.5980519739357859),
        (Measure::Pearson, 0.7031088812325382),
        (Measure::Partial, 0.5274559034465299),
        (at(1000, Measure::Ndcg), 0.6127408573204668),
    ] {
        assert_close(row.estimate(measure).value, golden, 1e-11);
    }
    assert_close(row.estimate(at(1, Measure::BestTop)).value, 92.87, 0.005);
    assert_close(row.estimate(at(1, Measure::Regret)).value, 94.37 - 92.87, 0.01);
    assert_close(row.best_possible, 94.37, 0.005);
    assert_close(found.deciles[0].spearman.value, -0.06543785026211944, 1e-11);
}

/// `np.where(ok, naswot, -1e9)` in place of `naswot[ok]`, and 300 bootstraps of its spearmanr by numpy's
/// `default_rng(0)`: [0.7851, 0.8000], itself uncertain by about 0.001.
#[test]
#[ignore = "needs nats_tss_published_scores.parquet and nats_tss.parquet in ../shared/data"]
fn with_them_at_the_worst_rank_it_is_what_scipy_says_within_numpys_interval() {
    let found = published(&["c10_freerea_naswot"], "c10_test_200", BadPolicy::Worst, 300);
    let row = &found.summary[0];
    assert_eq!(row.n, 15_625);
    assert_close(row.estimate(Measure::Spearman).value, 0.7930936766007955, 1e-12);
    assert_close(row.estimate(Measure::Kendall).value, 0.6081092327241122, 1e-12);
    let (lo, hi) = row.estimate(Measure::Spearman).interval.unwrap();
    assert_close(Some(lo), 0.7851, 0.002);
    assert_close(Some(hi), 0.8000, 0.002);
}

/// FreeREA's cached scores against NATS-Bench's test accuracies: rho, tau, rho inside the best 10 % and the accuracy of the
/// best score, as worked out in Python from the published files.
#[test]
#[ignore = "needs nats_tss_published_scores.parquet and nats_tss.parquet in ../shared/data"]
fn the_published_scores_give_the_published_correlations() {
    for (proxy, target, golden, best) in [
        ("c10_freerea_synflow", "c10_test_200", [0.769, 0.571, 0.25], 93.76),
        ("c10_freerea_logsynflow", "c10_test_200", [0.826, 0.630, 0.19], 93.76),
        ("c10_freerea_nregions", "c10_test_200", [0.725, 0.539, 0.15], 93.34),
        ("c100_freerea_naswot", "c100_test_200", [0.800, 0.615, 0.08], 71.01),
        ("c100_freerea_synflow", "c100_test_200", [0.761, 0.564, 0.39], 71.11),
        ("c100_freerea_logsynflow", "c100_test_200", [0.792, 0.597, 0.36], 71.11),
        ("c100_freerea_nregions", "c100_test_200", [0.802, 0.616, 0.09], 69.22),
    ] {
        let found = published(&[proxy], target, BadPolicy::Drop, 0);
        let row = &found.summary[0];
        assert_close(row.estimate(Measure::Spearman).value, golden[0], 0.001);
        assert_close(row.estimate(Measure::Kendall).value, golden[1], 0.001);
        assert_close(found.deciles[0].spearman.value, golden[2], 0.02);
        assert_close(row.estimate(at(1, Measure::BestTop)).value, best, 0.05);
    }
}

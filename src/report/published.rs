//! The report of published scores on the whole of NATS-Bench's topology space, against what scipy makes of them.

use std::fs::File;
use std::path::Path;

use polars::prelude::*;

use super::Settings;
use super::average::average;
use super::join::{BadPolicy, Direction, Target};
use super::summary::{SummaryRow, summarise};

/// A numeric column of a shared table, or `None`, said aloud, where the shared data is not there.
fn shared(table: &str, column: &str) -> Option<Vec<f64>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(table);
    let Ok(file) = File::open(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return None;
    };
    let table = ParquetReader::new(file).with_columns(Some(vec![column.into()])).finish().unwrap();
    Some(table.column(column).unwrap().f64().unwrap().iter().flatten().collect())
}

fn naswot(bad: BadPolicy, bootstrap: usize) -> Option<SummaryRow> {
    let scores = shared("nats_tss_published_scores.parquet", "c10_freerea_naswot")?;
    let accuracies = shared("nats_tss.parquet", "c10_test_200")?;
    let line = |(index, score): (usize, &f64)| match score.is_finite() {
        true => format!("{index},naswot,0,{score},,ok,0.01\n"),
        false => format!("{index},naswot,0,,,singular,0.01\n"),
    };
    let lines: String = scores.iter().enumerate().map(line).collect();
    let readings = average(&super::fixture::scores(&lines)).unwrap();
    let values = accuracies.iter().enumerate().map(|(index, &accuracy)| (index.to_string(), accuracy)).collect();
    let target = Target { name: "c10_test_200".into(), values };
    let settings = Settings { bad, bootstrap, ..Settings::default() };
    summarise(&readings, &[target], |_| Direction::Higher, &settings).unwrap().pop()
}

fn assert_close(found: Option<f64>, golden: f64, tolerance: f64) {
    assert!(found.is_some_and(|found| (found - golden).abs() < tolerance), "{found:?} is not {golden}");
}

/// FreeREA's cached naswot scores, 201 of them -inf: rho .785 and tau .598 without those. The digits are from
///
/// ```python
/// ok = np.isfinite(naswot)
/// spearmanr(naswot[ok], acc[ok])[0], kendalltau(naswot[ok], acc[ok])[0], pearsonr(naswot[ok], acc[ok])[0]
/// ```
#[test]
fn without_singular_architectures_the_published_correlations_come_out() {
    let Some(found) = naswot(BadPolicy::Drop, 0) else { return };
    assert_eq!((found.n, found.bad["singular"], found.missing), (15_424, 201, 0));
    assert_close(found.correlations.spearman.value, 0.7849097237089419, 1e-12);
    assert_close(found.correlations.kendall.value, 0.5980519739357859, 1e-12);
    assert_close(found.correlations.pearson.value, 0.7031088812325382, 1e-12);
    assert_close(found.best_top[0], 92.87, 0.005);
    assert_close(found.best_possible, 94.37, 0.005);
}

/// `np.where(ok, naswot, -1e9)` in place of `naswot[ok]`, and 300 bootstraps of its spearmanr by numpy's
/// `default_rng(0)`: [0.7851, 0.8000], itself uncertain by about 0.001.
#[test]
fn with_them_at_the_worst_rank_it_is_what_scipy_says_within_numpys_interval() {
    let Some(found) = naswot(BadPolicy::Worst, 300) else { return };
    assert_eq!(found.n, 15_625);
    assert_close(found.correlations.spearman.value, 0.7930936766007955, 1e-12);
    assert_close(found.correlations.kendall.value, 0.6081092327241122, 1e-12);
    let (lo, hi) = found.correlations.spearman.interval.unwrap();
    assert_close(Some(lo), 0.7851, 0.002);
    assert_close(Some(hi), 0.8000, 0.002);
}

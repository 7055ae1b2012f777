//! How well trainings of the same architectures agree: a ceiling for any proxy, where a benchmark has accuracies of several trainings.

use std::collections::BTreeMap;

use zeronas_datasets::BenchmarkTable;

use super::statistics::{kendall, reliable, spearman};
use crate::Result;

/// How alike single trainings rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// The target that they belong to.
    pub target: String,
    /// Their columns.
    pub runs: Vec<String>,
    /// Number of architectures that have all of them.
    pub n: usize,
    /// Mean Spearman's rho and Kendall's tau-b between two runs.
    pub correlations: (Option<f64>, Option<f64>),
    /// Mean rho between two runs inside the best tenth by the target.
    pub best_tenth: Option<f64>,
    /// About the most that anything can correlate with the mean of the runs: the square root of its reliability.
    pub ceiling: Option<f64>,
}

/// Measures the noise of a target over the scored architectures, given by their `rows` in the table; `None` where the table does not have
/// several columns that are single runs of it.
///
/// # Errors
/// Where a column cannot be read.
pub fn noise(table: &BenchmarkTable, target: &str, rows: &[usize]) -> Result<Option<Noise>> {
    let runs = runs_of(target, &table.numeric_columns());
    if runs.len() < 2 {
        return Ok(None);
    }
    let columns = runs.iter().map(|run| table.column(run)).collect::<std::result::Result<Vec<_>, _>>()?;
    let worth = table.column(target)?;
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let known = rows.iter().filter_map(|&row| {
        let values: Option<Vec<f64>> = columns.iter().map(|column| finite(column[row])).collect();
        Some((finite(worth[row])?, values?))
    });
    let mut known: Vec<(f64, Vec<f64>)> = known.collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mean = |among: &[(f64, Vec<f64>)], measure: fn(&[(f64, f64)]) -> Option<f64>| {
        let places = (0..runs.len()).flat_map(|a| (a + 1..runs.len()).map(move |b| (a, b)));
        let of = |(a, b)| measure(&among.iter().map(|one| (one.1[a], one.1[b])).collect::<Vec<_>>());
        let found: Vec<f64> = places.map(of).collect::<Option<_>>()?;
        Some(found.iter().sum::<f64>() / found.len() as f64)
    };
    let whole = mean(&known, spearman);
    Ok(Some(Noise {
        target: target.to_owned(),
        n: known.len(),
        correlations: (whole, mean(&known, kendall)),
        best_tenth: mean(&known[..known.len().div_ceil(10)], spearman),
        ceiling: whole.and_then(|one| reliable(one, runs.len())),
        runs,
    }))
}

/// Finds the columns that are single runs of a target by their names: these differ only in the number after `run` or `seed` and, without
/// that part or with `mean` in its place, are the name of the target.
fn runs_of(target: &str, columns: &[String]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for name in columns {
        for word in ["run", "seed"] {
            let Some((before, behind)) = name.split_once(word) else { continue };
            let rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() < behind.len() {
                groups.entry((before, rest)).or_default().push(name.clone());
            }
        }
    }
    let named = |(before, rest): &(&str, &str)| {
        let stem = before.trim_end_matches(['_', '-', '.']);
        [stem.to_owned(), format!("{stem}{rest}"), format!("{before}mean{rest}")].iter().any(|name| name == target)
    };
    groups
        .into_iter()
        .filter(|(key, runs)| runs.len() > 1 && named(key))
        .map(|(_, runs)| runs)
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn runs_are_found_by_their_names() {
        let columns = [
            "acc_test",
            "acc_test_run0_v1",
            "acc_test_run1_v1",
            "acc_mean_pct",
            "acc_run0_pct",
            "acc_run1_pct",
            "acc_run",
        ];
        let columns = columns.map(str::to_owned);
        assert_eq!(runs_of("acc_test", &columns), columns[1..3]);
        assert_eq!(runs_of("acc_mean_pct", &columns), columns[4..6]);
        assert!(runs_of("acc_run0_pct", &columns).is_empty() && runs_of("other", &columns).is_empty());
    }

    #[test]
    fn two_trainings_are_a_ceiling() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        fs::write(&path, "arch,acc,acc_run0,acc_run1\na,1,1,1\nb,2,2,3\nc,3,3,2\nd,4,4,4\ne,5,,5\n").unwrap();
        let table = BenchmarkTable::open(&path).unwrap();
        let found = noise(&table, "acc", &[0, 1, 2, 3, 4]).unwrap().unwrap();
        // `spearmanr([1, 2, 3, 4], [1, 3, 2, 4])` is 0.8 and `kendalltau` of the same 2 / 3.
        assert_eq!(found.n, 4);
        assert!((found.correlations.0.unwrap() - 0.8).abs() < 1e-12);
        assert!((found.correlations.1.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!((found.ceiling.unwrap() - (1.6_f64 / 1.8).sqrt()).abs() < 1e-12);
        assert_eq!(noise(&table, "acc_run0", &[0, 1]).unwrap(), None);
    }
}

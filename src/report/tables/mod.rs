//! The tables of a report. All but the extra ones come wide, to be read, and long (tidy: one number per row), to be grouped and plotted.

mod joined;
mod wide;

pub use joined::{joined, joined_long};

use polars::prelude::*;

use super::average::Readings;
use super::bootstrap::Estimate;
use super::join::{Direction, Target};
use super::measure::Measure;
use super::noise::Noise;
use super::operations::Operations;
use super::seeds::SeedSpread;
use super::summary::{SummaryRow, bad_text};
use super::{Extra, Report, Settings};
use crate::Result;
use crate::results::Folder;
use wide::Wide;

/// Writes every table of a report into a folder.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(
    folder: &Folder,
    report: &Report,
    readings: &Readings,
    targets: &[Target],
    settings: &Settings,
) -> Result<()> {
    folder.write("summary", summary(&report.summary, settings))?;
    folder.write("summary_long", summary_long(&report.summary))?;
    folder.write("joined", joined(readings, targets))?;
    folder.write("joined_long", joined_long(readings, targets))?;
    folder.write("deciles", deciles(report))?;
    folder.write("deciles_long", deciles_long(report))?;
    folder.write("pairs", pairs(report))?;
    folder.write("pairs_long", pairs_long(report))?;
    folder.write("proxy_spearman", alike(report))?;
    folder.write("proxy_spearman_long", alike_long(report))?;
    folder.write("top_curves", curves(report))?;
    folder.write("top_curves_long", curves_long(report))?;
    folder.write("statuses", statuses(report))?;
    folder.write("statuses_long", statuses_long(report))
}

/// Writes the tables of [`Extra`]; those without rows are left out.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write_extra(folder: &Folder, extra: &Extra) -> Result<()> {
    if !extra.operations.groups.is_empty() {
        folder.write("operations", operations(&extra.operations))?;
    }
    if !extra.seeds.is_empty() {
        folder.write("seed_spread", seeds(&extra.seeds))?;
    }
    if extra.noise.is_empty() { Ok(()) } else { folder.write("target_noise", noise(&extra.noise)) }
}

/// How well proxies agree with themselves over seeds.
pub fn seeds(spread: &[SeedSpread]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("proxy", spread, |one| one.proxy.clone()),
        column("seeds", spread, |one| one.seeds),
        column("n", spread, |one| one.n),
        column("spearman_mean", spread, |one| Some(one.mean)),
        column("spearman_least", spread, |one| Some(one.range.0)),
        column("spearman_largest", spread, |one| Some(one.range.1)),
        column("ceiling", spread, |one| one.ceiling),
    ];
    DataFrame::new(spread.len(), columns)
}

/// How well trainings of the same architectures agree.
pub fn noise(noise: &[Noise]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("target", noise, |one| one.target.clone()),
        column("runs", noise, |one| one.runs.join(", ")),
        column("n", noise, |one| one.n),
        column("spearman", noise, |one| one.correlations.0),
        column("kendall", noise, |one| one.correlations.1),
        column("spearman_best_tenth", noise, |one| one.best_tenth),
        column("ceiling", noise, |one| one.ceiling),
    ];
    DataFrame::new(noise.len(), columns)
}

/// Which operations groups of architectures are made of, a column for each operation.
pub fn operations(operations: &Operations) -> PolarsResult<DataFrame> {
    let groups = &operations.groups;
    let mut columns = vec![
        column("by", groups, |made| made.by.clone()),
        column("group", groups, |made| made.group.name().to_owned()),
        column("n", groups, |made| made.n),
    ];
    columns.extend(
        operations.names.iter().enumerate().map(|(place, name)| column(name, groups, |made| Some(made.means[place]))),
    );
    DataFrame::new(groups.len(), columns)
}

/// A column with one value per row.
pub(crate) fn column<T, V>(name: &str, rows: &[T], of: impl FnMut(&T) -> V) -> Column
where
    Vec<V>: Into<Values>,
{
    rows.iter().map(of).collect::<Vec<V>>().into().column(name)
}

/// The cells of a column.
pub(crate) enum Values {
    Text(Vec<String>),
    TextOrEmpty(Vec<Option<String>>),
    Count(Vec<u64>),
    CountOrEmpty(Vec<Option<u64>>),
    Number(Vec<Option<f64>>),
}

impl Values {
    fn column(self, name: &str) -> Column {
        match self {
            Values::Text(cells) => Column::new(name.into(), cells),
            Values::TextOrEmpty(cells) => Column::new(name.into(), cells),
            Values::Count(cells) => Column::new(name.into(), cells),
            Values::CountOrEmpty(cells) => Column::new(name.into(), cells),
            Values::Number(cells) => Column::new(name.into(), cells),
        }
    }
}

impl From<Vec<String>> for Values {
    fn from(cells: Vec<String>) -> Self {
        Values::Text(cells)
    }
}

impl From<Vec<&str>> for Values {
    fn from(cells: Vec<&str>) -> Self {
        Values::Text(cells.into_iter().map(str::to_owned).collect())
    }
}

impl From<Vec<Option<&str>>> for Values {
    fn from(cells: Vec<Option<&str>>) -> Self {
        Values::TextOrEmpty(cells.into_iter().map(|cell| cell.map(str::to_owned)).collect())
    }
}

impl From<Vec<Option<String>>> for Values {
    fn from(cells: Vec<Option<String>>) -> Self {
        Values::TextOrEmpty(cells)
    }
}

impl From<Vec<usize>> for Values {
    fn from(cells: Vec<usize>) -> Self {
        Values::Count(cells.into_iter().map(|cell| cell as u64).collect())
    }
}

impl From<Vec<Option<usize>>> for Values {
    fn from(cells: Vec<Option<usize>>) -> Self {
        Values::CountOrEmpty(cells.into_iter().map(|cell| cell.map(|cell| cell as u64)).collect())
    }
}

impl From<Vec<Option<f64>>> for Values {
    fn from(cells: Vec<Option<f64>>) -> Self {
        Values::Number(cells)
    }
}

/// `NAME`, `NAME_lo` and `NAME_hi` of an estimate.
pub(super) fn estimates<T>(name: &str, rows: &[T], of: impl Fn(&T) -> Estimate) -> [Column; 3] {
    [
        column(name, rows, |row| of(row).value),
        column(&format!("{name}_lo"), rows, |row| of(row).interval.map(|interval| interval.0)),
        column(&format!("{name}_hi"), rows, |row| of(row).interval.map(|interval| interval.1)),
    ]
}

/// A row per target and proxy; undefined numbers are empty.
fn summary(rows: &[SummaryRow], settings: &Settings) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        column("target", rows, |row| row.target.clone()),
        column("proxy", rows, |row| row.proxy.clone()),
        column("better", rows, |row| match row.direction {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
        }),
        column("pearson_scale", rows, |row| if row.ln { "ln" } else { "linear" }),
        column("n", rows, |row| row.n),
        column("ok", rows, |row| row.ok),
        column("bad", rows, |row| (!row.bad.is_empty()).then(|| bad_text(&row.bad))),
        column("ln_zero", rows, |row| row.ln_zero),
        column("missing", rows, |row| row.missing),
        column("n_given", rows, |row| row.n_given),
        column("undefined", rows, |row| row.undefined),
    ];
    for measure in Measure::all(&settings.top) {
        columns.extend(estimates(&measure.name(), rows, |row| row.estimate(measure)));
    }
    columns.push(column("best_possible", rows, |row| row.best_possible));
    columns.push(column("seconds_mean", rows, |row| row.seconds_mean));
    DataFrame::new(rows.len(), columns)
}

/// A row per target, proxy and measure.
fn summary_long(rows: &[SummaryRow]) -> PolarsResult<DataFrame> {
    let rows: Vec<_> = rows.iter().flat_map(|row| row.estimates.iter().map(move |taken| (row, taken))).collect();
    let mut columns = vec![
        column("target", &rows, |(row, _)| row.target.clone()),
        column("proxy", &rows, |(row, _)| row.proxy.clone()),
        column("measure", &rows, |(_, taken)| taken.0.kind()),
        column("k", &rows, |(_, taken)| taken.0.k().map(|k| k.get())),
        column("n", &rows, |(row, taken)| match taken.0 {
            Measure::Pearson => row.ok - row.ln_zero,
            Measure::Partial => row.n_given,
            _ => row.n,
        }),
    ];
    columns.extend(estimates("value", &rows, |(_, taken)| taken.1));
    DataFrame::new(rows.len(), columns)
}

fn deciles(report: &Report) -> PolarsResult<DataFrame> {
    let mut wide = Wide::new(&["target", "proxy"]);
    for part in &report.deciles {
        for (name, estimate) in [("spearman", part.spearman), ("kendall", part.kendall)] {
            wide.put(&[&part.target, &part.proxy], &format!("{name}_decile{}", part.decile), estimate.value);
        }
    }
    wide.frame()
}

fn deciles_long(report: &Report) -> PolarsResult<DataFrame> {
    let rows = &report.deciles;
    let mut columns = vec![
        column("target", rows, |part| part.target.clone()),
        column("proxy", rows, |part| part.proxy.clone()),
        column("decile", rows, |part| part.decile),
        column("n", rows, |part| part.n),
        column("target_lowest", rows, |part| Some(part.range.0)),
        column("target_highest", rows, |part| Some(part.range.1)),
    ];
    columns.extend(estimates("spearman", rows, |part| part.spearman));
    columns.extend(estimates("kendall", rows, |part| part.kendall));
    DataFrame::new(rows.len(), columns)
}

fn pairs(report: &Report) -> PolarsResult<DataFrame> {
    let mut wide = Wide::new(&["target", "a", "b"]);
    for pair in &report.pairs {
        let (key, name) = ([pair.target.as_str(), &pair.a, &pair.b], pair.measure.kind());
        let interval = pair.difference.interval.unzip();
        wide.put(&key, "n", Some(pair.n as f64));
        wide.put(&key, &format!("{name}_difference"), pair.difference.value);
        wide.put(&key, &format!("{name}_difference_lo"), interval.0);
        wide.put(&key, &format!("{name}_difference_hi"), interval.1);
        wide.put(&key, &format!("{name}_a_better"), pair.a_better);
    }
    wide.frame()
}

fn pairs_long(report: &Report) -> PolarsResult<DataFrame> {
    let rows = &report.pairs;
    let mut columns = vec![
        column("target", rows, |pair| pair.target.clone()),
        column("a", rows, |pair| pair.a.clone()),
        column("b", rows, |pair| pair.b.clone()),
        column("measure", rows, |pair| pair.measure.kind()),
        column("n", rows, |pair| pair.n),
    ];
    columns.extend(estimates("difference", rows, |pair| pair.difference));
    columns.push(column("a_better", rows, |pair| pair.a_better));
    DataFrame::new(rows.len(), columns)
}

fn alike(report: &Report) -> PolarsResult<DataFrame> {
    let mut wide = Wide::new(&["proxy"]);
    for two in &report.alike {
        wide.put(&[&two.a], &two.b, two.spearman);
    }
    wide.frame()
}

fn alike_long(report: &Report) -> PolarsResult<DataFrame> {
    let rows = &report.alike;
    let columns = vec![
        column("a", rows, |two| two.a.clone()),
        column("b", rows, |two| two.b.clone()),
        column("n", rows, |two| two.n),
        column("spearman", rows, |two| two.spearman),
    ];
    DataFrame::new(rows.len(), columns)
}

fn curves(report: &Report) -> PolarsResult<DataFrame> {
    let mut wide = Wide::new(&["target", "k"]);
    for curve in &report.curves {
        for (k, best, precision) in &curve.points {
            let key = [curve.target.as_str(), &k.to_string()];
            wide.put(&key, &format!("{}_best", curve.proxy), Some(*best));
            wide.put(&key, &format!("{}_precision", curve.proxy), Some(*precision));
        }
    }
    wide.frame()
}

fn curves_long(report: &Report) -> PolarsResult<DataFrame> {
    let rows: Vec<_> =
        report.curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point))).collect();
    let columns = vec![
        column("target", &rows, |(curve, _)| curve.target.clone()),
        column("proxy", &rows, |(curve, _)| curve.proxy.clone()),
        column("k", &rows, |(_, point)| point.0),
        column("best", &rows, |(_, point)| Some(point.1)),
        column("precision", &rows, |(_, point)| Some(point.2)),
    ];
    DataFrame::new(rows.len(), columns)
}

fn statuses(report: &Report) -> PolarsResult<DataFrame> {
    let mut wide = Wide::new(&["target", "proxy"]);
    for (row, status, count) in all_statuses(report) {
        wide.put(&[&row.target, &row.proxy], status, Some(count as f64));
    }
    wide.frame()
}

fn statuses_long(report: &Report) -> PolarsResult<DataFrame> {
    let rows: Vec<_> = all_statuses(report).collect();
    let columns = vec![
        column("target", &rows, |(row, ..)| row.target.clone()),
        column("proxy", &rows, |(row, ..)| row.proxy.clone()),
        column("status", &rows, |(_, status, _)| *status),
        column("architectures", &rows, |(.., count)| *count),
    ];
    DataFrame::new(rows.len(), columns)
}

/// How many architectures of a target and proxy have each status; `ok` first.
pub fn all_statuses(report: &Report) -> impl Iterator<Item = (&SummaryRow, &str, usize)> {
    report.summary.iter().flat_map(|row| {
        let bad = row.bad.iter().map(move |(status, count)| (row, status.as_str(), *count));
        std::iter::once((row, "ok", row.ok)).chain(bad)
    })
}

#[cfg(test)]
mod tests;

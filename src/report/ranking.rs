//! Architectures in the order of their scores, and a glance at a score file: the best, and how the scores correlate with a benchmark.

use super::average::{ProxyReadings, Reading, Readings, average};
use super::benchmark::rows;
use super::join::{BadPolicy, Direction, Target, standing};
use super::reading::{declared, target_names, targets};
use super::scores::{Columns, Scores};
use super::statistics::average_ranks;
use super::{Settings, display, report};
use crate::Result;
use crate::space::{SearchSpace, arch_cell};
use crate::text::{Cell, Column, Table, Text};
use std::path::Path;
use zeronas_datasets::BenchmarkTable;

/// A glance at score files that are still to be written.
pub struct Glance {
    /// The names of the target columns, and their table.
    benchmark: Option<(Vec<String>, BenchmarkTable)>,
}

impl Glance {
    /// Prepares a glance beside these columns of a benchmark, if there is one; `column` names the column of its architectures, where that has
    /// none of the usual names.
    ///
    /// # Errors
    /// As [`ReportRequest::run`](super::ReportRequest::run), for the table.
    pub fn new(benchmark: Option<&Path>, targets: &[String], column: Option<&str>) -> Result<Self> {
        let open = |path| {
            let table = BenchmarkTable::open_by(path, column)?;
            Ok::<_, crate::Error>((target_names(&table, targets)?, table))
        };
        Ok(Glance { benchmark: benchmark.map(open).transpose()? })
    }

    /// Returns the `top` best architectures of a score file by mean rank, and the rank correlations with the benchmark.
    ///
    /// # Errors
    /// Names the file at fault, or the column that has no value for any of its architectures.
    pub fn text(&self, scores: &Path, space: &dyn SearchSpace, top: usize) -> Result<Text> {
        if top == 0 && self.benchmark.is_none() {
            return Ok(Text::default());
        }
        let readings = average(&Scores::read(&[scores], &Columns::default())?)?;
        let targets = match &self.benchmark {
            Some((names, table)) => {
                let rows = rows(table, &readings.archs, Some(space))?;
                targets(table, names, &readings.archs, &rows)?
            }
            None => Vec::new(),
        };
        let mut text = Text::default();
        if top > 0 {
            text = text.and(best(&readings, &targets, Some(space), top));
        }
        if !targets.is_empty() {
            let settings = Settings::default();
            let report = report(&readings, &targets, None, &declared, &settings)?;
            text = text.and("\n").and(display::correlations_text(&report, &settings)).and("\n");
        }
        Ok(text)
    }
}

/// The `top` best architectures as a table, each with its values of `targets`; ties in the order of their text.
fn best(readings: &Readings, targets: &[Target], space: Option<&dyn SearchSpace>, top: usize) -> Text {
    let (order, means) = ranked(readings, &declared);
    let mut columns = vec![Column::number("#").called("place").key(), Column::number("mean rank")];
    columns.extend(readings.proxies.iter().map(reading_column));
    columns.extend(targets.iter().map(|target| Column::number(&target.name).called(&target.name)));
    columns.push(Column::word("architecture").called("arch").key());
    let mut table = Table::new("architecture", columns);
    for (place, &arch) in order.iter().take(top).enumerate() {
        let mut row = vec![Cell::from(place + 1), Cell::number(Some(means[arch]), 1)];
        row.extend(readings.proxies.iter().map(|proxy| reading_cell(proxy.readings[arch].as_ref())));
        let arch = &readings.archs[arch];
        row.extend(targets.iter().map(|target| Cell::number(target.values.get(arch).copied(), 2)));
        row.push(arch_cell(space, arch));
        table.row(row);
    }
    let shown = top.min(order.len());
    Text::from(format!("best {shown} of {} architectures by mean rank\n", order.len())).and(table).and("\n")
}

/// A reading as text; empty where there is none.
pub(crate) fn cell(reading: Option<&Reading>) -> String {
    match reading {
        Some(Reading::Value(value)) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(Reading::Value(value)) => format!("{value:.3}"),
        Some(Reading::LnZero) => "-inf".into(),
        Some(Reading::Bad(status)) => status.clone(),
        None => String::new(),
    }
}

/// The column of a proxy's readings: `score_PROXY`, or `ln_score_PROXY`.
pub(crate) fn reading_column(proxy: &ProxyReadings) -> Column {
    let scale = if proxy.ln { "ln_" } else { "" };
    Column::number(proxy.label()).called(format!("{scale}score_{}", proxy.proxy))
}

/// A reading as a cell; machine-readable output has the number, or the status.
pub(crate) fn reading_cell(reading: Option<&Reading>) -> Cell {
    let text = cell(reading);
    match reading {
        Some(Reading::Value(value)) => Cell::of(text, *value),
        Some(_) => text.into(),
        None => Cell::of(text, None::<f64>),
    }
}

/// Sorts the architectures from the best to the worst by their mean rank, ties in the order of their text; also returns the
/// mean rank of each architecture.
pub(crate) fn ranked(readings: &Readings, direction: &dyn Fn(&str) -> Direction) -> (Vec<usize>, Vec<f64>) {
    let means = mean_ranks(readings, direction);
    let mut order: Vec<usize> = (0..readings.archs.len()).collect();
    order.sort_by(|&a, &b| means[a].total_cmp(&means[b]));
    (order, means)
}

/// For each architecture, the mean over proxies of its rank, where 1 is the best; architectures without a number are last.
fn mean_ranks(readings: &Readings, direction: &dyn Fn(&str) -> Direction) -> Vec<f64> {
    let mut means = vec![0.0; readings.archs.len()];
    for proxy in &readings.proxies {
        let direction = direction(&proxy.proxy);
        let fallen = |reading: &Option<Reading>| {
            let standing = reading.as_ref().and_then(|reading| standing(reading, direction, BadPolicy::Worst));
            -direction.sign() * standing.unwrap_or(direction.worst())
        };
        let fallen: Vec<f64> = proxy.readings.iter().map(fallen).collect();
        for (mean, rank) in means.iter_mut().zip(average_ranks(&fallen).unwrap_or_default()) {
            *mean += rank / readings.proxies.len() as f64;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::scores;

    #[test]
    fn each_proxy_ranks_by_its_direction_and_what_has_no_number_is_last() {
        let lines = "a,naswot,0,1,,ok,1\nb,naswot,0,2,,ok,1\nc,naswot,0,,,singular,1\n\
                     a,ntk,0,9,,ok,1\nb,ntk,0,3,,ok,1\nc,ntk,0,,,overflow,1\n";
        let readings = average(&scores(lines)).unwrap();
        assert_eq!(ranked(&readings, &declared), (vec![1, 0, 2], vec![2.0, 1.0, 3.0]));
    }
}

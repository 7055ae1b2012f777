//! The joined tables: what every proxy and every target say about each architecture.

use polars::prelude::*;

use super::super::average::{ProxyReadings, Reading, Readings};
use super::super::join::Target;
use super::column;

/// A row per architecture that has a value of some target, in the order of its text.
///
/// A proxy has two columns: `NAME`, the mean over seeds, or `ln_NAME` on a log scale; and `NAME_status`, which is `ok`,
/// `ln_zero` or the bad status where there is no number, and empty where the proxy was not evaluated. A target keeps its
/// name, or is called `target_NAME` where that name is taken.
///
/// # Errors
/// Those of polars, for example for a proxy called `arch`.
pub fn joined(readings: &Readings, targets: &[Target]) -> PolarsResult<DataFrame> {
    let rows = in_benchmark(readings, targets);
    let archs: Vec<&str> = rows.iter().map(|&row| readings.archs[row].as_str()).collect();
    let mut columns = vec![Column::new("arch".into(), &archs)];
    for proxy in &readings.proxies {
        columns.push(column(&scaled_name(proxy), &rows, |&row| reading(proxy, row).0));
        let status = |&row: &usize| reading(proxy, row).1.map(str::to_owned);
        columns.push(column(&format!("{}_status", proxy.proxy), &rows, status));
    }
    for target in targets {
        let taken = columns.iter().any(|column| column.name() == target.name.as_str());
        let name = if taken { format!("target_{}", target.name) } else { target.name.clone() };
        columns.push(column(&name, &archs, |&arch| target.values.get(arch).copied()));
    }
    DataFrame::new(rows.len(), columns)
}

/// Makes the same table with a row per architecture and proxy that was evaluated, and a column per target.
///
/// # Errors
/// Those of polars.
pub fn joined_long(readings: &Readings, targets: &[Target]) -> PolarsResult<DataFrame> {
    let rows = in_benchmark(readings, targets);
    let cells: Vec<(&ProxyReadings, usize, &str)> = readings
        .proxies
        .iter()
        .flat_map(|proxy| rows.iter().filter_map(move |&row| Some((proxy, row, reading(proxy, row).1?))))
        .collect();
    let mut columns = vec![
        column("arch", &cells, |(_, row, _)| readings.archs[*row].as_str()),
        column("proxy", &cells, |(proxy, ..)| proxy.proxy.as_str()),
        column("scale", &cells, |(proxy, ..)| if proxy.ln { "ln" } else { "linear" }),
        column("value", &cells, |(proxy, row, _)| reading(proxy, *row).0),
        column("status", &cells, |(.., status)| *status),
    ];
    for target in targets {
        let taken = columns.iter().any(|column| column.name() == target.name.as_str());
        let name = if taken { format!("target_{}", target.name) } else { target.name.clone() };
        columns.push(column(&name, &cells, |(_, row, _)| target.values.get(&readings.archs[*row]).copied()));
    }
    DataFrame::new(cells.len(), columns)
}

/// The name of a proxy with its scale.
pub(super) fn scaled_name(proxy: &ProxyReadings) -> String {
    if proxy.ln { format!("ln_{}", proxy.proxy) } else { proxy.proxy.clone() }
}

fn in_benchmark(readings: &Readings, targets: &[Target]) -> Vec<usize> {
    let known = |&row: &usize| targets.iter().any(|target| target.values.contains_key(&readings.archs[row]));
    (0..readings.archs.len()).filter(known).collect()
}

fn reading(proxy: &ProxyReadings, row: usize) -> (Option<f64>, Option<&str>) {
    match &proxy.readings[row] {
        None => (None, None),
        Some(Reading::Value(value)) => (Some(*value), Some("ok")),
        Some(Reading::LnZero) => (None, Some("ln_zero")),
        Some(Reading::Bad(status)) => (None, Some(status.as_str())),
    }
}

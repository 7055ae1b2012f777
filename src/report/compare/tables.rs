//! The tables of a comparison.

use polars::prelude::*;

use super::super::average::Reading;
use super::super::tables::{column, estimates};
use super::{Agreement, Difference, Move};
use crate::Result;
use crate::results::Folder;

/// Writes `agreement`, `rows` (architectures in both), `only` (those in one) and, where there are manifests, `settings`, each
/// as CSV and Parquet.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(folder: &Folder, agreements: &[Agreement], settings: Option<&[Difference]>) -> Result<()> {
    folder.write("agreement", agreement(agreements))?;
    folder.write("rows", rows(agreements))?;
    folder.write("only", only(agreements))?;
    match settings {
        Some(settings) => folder.write("settings", differing(settings)),
        None => Ok(()),
    }
}

fn agreement(all: &[Agreement]) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        column("a", all, |one| one.a.clone()),
        column("b", all, |one| one.b.clone()),
        column("n", all, |one| one.n),
        column("only_a", all, |one| one.only_a.len()),
        column("only_b", all, |one| one.only_b.len()),
        column("equal", all, |one| one.equal),
        column("status_changed", all, |one| one.status_changed),
    ];
    columns.extend(estimates("spearman", all, |one| one.spearman));
    columns.extend(estimates("kendall", all, |one| one.kendall));
    columns.push(column("largest_difference", all, |one| one.largest_difference));
    DataFrame::new(all.len(), columns)
}

fn rows(all: &[Agreement]) -> PolarsResult<DataFrame> {
    let rows: Vec<(&Agreement, &Move)> =
        all.iter().flat_map(|one| one.moves.iter().map(move |moved| (one, moved))).collect();
    let columns = vec![
        column("proxy_a", &rows, |(one, _)| one.a.clone()),
        column("proxy_b", &rows, |(one, _)| one.b.clone()),
        column("arch", &rows, |(_, moved)| moved.arch.clone()),
        column("value_a", &rows, |(_, moved)| value(&moved.a)),
        column("value_b", &rows, |(_, moved)| value(&moved.b)),
        column("status_a", &rows, |(_, moved)| status(&moved.a).to_owned()),
        column("status_b", &rows, |(_, moved)| status(&moved.b).to_owned()),
        column("rank_a", &rows, |(_, moved)| moved.rank_a),
        column("rank_b", &rows, |(_, moved)| moved.rank_b),
        column("rank_change", &rows, |(_, moved)| moved.change()),
    ];
    DataFrame::new(rows.len(), columns)
}

fn only(all: &[Agreement]) -> PolarsResult<DataFrame> {
    let of_a = all.iter().flat_map(|one| one.only_a.iter().map(move |arch| ("a", &one.a, arch)));
    let of_b = all.iter().flat_map(|one| one.only_b.iter().map(move |arch| ("b", &one.b, arch)));
    let rows: Vec<_> = of_a.chain(of_b).collect();
    let columns = vec![
        column("run", &rows, |row| row.0),
        column("proxy", &rows, |row| row.1.clone()),
        column("arch", &rows, |row| row.2.clone()),
    ];
    DataFrame::new(rows.len(), columns)
}

fn differing(settings: &[Difference]) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("setting", settings, |one| one.key.clone()),
        column("a", settings, |one| one.a.clone()),
        column("b", settings, |one| one.b.clone()),
    ];
    DataFrame::new(settings.len(), columns)
}

fn value(reading: &Reading) -> Option<f64> {
    match reading {
        Reading::Value(value) => Some(*value),
        Reading::LnZero | Reading::Bad(_) => None,
    }
}

fn status(reading: &Reading) -> &str {
    match reading {
        Reading::Value(_) => "ok",
        Reading::LnZero => "ln_zero",
        Reading::Bad(status) => status,
    }
}

//! The tables of a report on searches.

use super::{Report, Row};
use crate::Result;
use crate::report::tables::column;
use crate::results::Folder;
use crate::search::Record;
use polars::prelude::*;

/// Writes every table into a folder.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(folder: &Folder, report: &Report, records: &[Record]) -> Result<()> {
    let name = |search: usize| records[search].label.clone();
    folder.write("finals", finals(&report.rows, &name))?;
    folder.write("curves", curves(report, &name))?;
    if !report.pairs.is_empty() {
        folder.write("pairs", pairs(report, &name))?;
    }
    if !report.fronts.is_empty() {
        folder.write("fronts", fronts(report, &name))?;
        folder.write("hypervolumes", hypervolumes(report, &name))?;
    }
    Ok(())
}

fn finals(rows: &[Row], name: &dyn Fn(usize) -> String) -> PolarsResult<DataFrame> {
    let columns = vec![
        column("search", rows, |row| name(row.search)),
        column("strategy", rows, |row| row.strategy.clone()),
        column("runs", rows, |row| row.runs),
        column("evaluations_mean", rows, |row| Some(row.evaluations)),
        column("missing_mean", rows, |row| Some(row.missing)),
        column("seconds_mean", rows, |row| Some(row.seconds)),
        column("scoring_seconds_mean", rows, |row| row.scoring),
        column("final", rows, |row| row.column.clone()),
        column("runs_with_final", rows, |row| row.known),
        column("mean", rows, |row| row.spread.map(|spread| spread.mean)),
        column("std", rows, |row| row.spread.map(|spread| spread.std)),
        column("lower_quartile", rows, |row| row.quartiles.map(|quartiles| quartiles.lower)),
        column("median", rows, |row| row.quartiles.map(|quartiles| quartiles.median)),
        column("upper_quartile", rows, |row| row.quartiles.map(|quartiles| quartiles.upper)),
        column("best_possible", rows, |row| row.best_possible),
        column("regret_mean", rows, |row| row.regret()),
    ];
    DataFrame::new(rows.len(), columns)
}

fn curves(report: &Report, name: &dyn Fn(usize) -> String) -> PolarsResult<DataFrame> {
    let rows: Vec<_> =
        report.curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point))).collect();
    let best = |column: &str| report.best_possible(column);
    let columns = vec![
        column("search", &rows, |(curve, _)| name(curve.search)),
        column("final", &rows, |(curve, _)| curve.column.clone()),
        column("clock", &rows, |(curve, _)| curve.clock.name()),
        column("at", &rows, |(_, point)| Some(point.0)),
        column("lower_quartile", &rows, |(_, point)| Some(point.1.lower)),
        column("median", &rows, |(_, point)| Some(point.1.median)),
        column("upper_quartile", &rows, |(_, point)| Some(point.1.upper)),
        column("median_regret", &rows, |(curve, point)| Some(best(&curve.column)? - point.1.median)),
    ];
    DataFrame::new(rows.len(), columns)
}

fn pairs(report: &Report, name: &dyn Fn(usize) -> String) -> PolarsResult<DataFrame> {
    let rows = &report.pairs;
    let columns = vec![
        column("a", rows, |pair| name(pair.a)),
        column("b", rows, |pair| name(pair.b)),
        column("final", rows, |pair| pair.column.clone()),
        column("runs", rows, |pair| pair.runs),
        column("difference", rows, |pair| Some(pair.difference)),
        column("difference_lo", rows, |pair| pair.interval.map(|interval| interval.0)),
        column("difference_hi", rows, |pair| pair.interval.map(|interval| interval.1)),
        column("a_better", rows, |pair| Some(pair.a_better)),
        column("b_better", rows, |pair| Some(pair.b_better)),
    ];
    DataFrame::new(rows.len(), columns)
}

/// One row per point and objective.
fn fronts(report: &Report, name: &dyn Fn(usize) -> String) -> PolarsResult<DataFrame> {
    let rows: Vec<_> = report
        .fronts
        .iter()
        .flat_map(|front| front.points.iter().map(move |point| (front, point)))
        .flat_map(|(front, point)| (0..front.objectives.len()).map(move |place| (front, point, place)))
        .collect();
    let columns = vec![
        column("search", &rows, |(front, ..)| name(front.search)),
        column("arch", &rows, |(_, point, _)| point.0.clone()),
        column("objective", &rows, |(front, _, place)| front.objectives[*place].clone()),
        column("value", &rows, |(front, point, place)| Some(front.signs[*place] * point.1[*place])),
    ];
    DataFrame::new(rows.len(), columns)
}

/// A row per place on a search's curve.
fn hypervolumes(report: &Report, name: &dyn Fn(usize) -> String) -> PolarsResult<DataFrame> {
    let rows: Vec<_> =
        report.fronts.iter().flat_map(|front| front.curve.iter().map(move |point| (front, point))).collect();
    let columns = vec![
        column("search", &rows, |(front, _)| name(front.search)),
        column("evaluations", &rows, |(_, point)| Some(point.0)),
        column("lower_quartile", &rows, |(_, point)| Some(point.1.lower)),
        column("median", &rows, |(_, point)| Some(point.1.median)),
        column("upper_quartile", &rows, |(_, point)| Some(point.1.upper)),
    ];
    DataFrame::new(rows.len(), columns)
}

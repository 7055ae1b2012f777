//! The results as text.

use super::Report;
use super::pairs::Pair;
use crate::search::{Record, Spread, spread::digits};
use crate::text::{Cell, Column, Table, Text};

/// Means as papers print them, and every two searches compared run by run.
pub fn text(records: &[Record]) -> Text {
    let report = Report::new(records);
    let columns = report.columns();
    let fixed = [
        Column::word("search").key(),
        Column::word("strategy"),
        Column::number("runs"),
        Column::number("evaluations").called("evaluations_mean"),
        Column::number("missing").called("missing_mean").detail(),
        Column::number("simulated s").called("seconds_mean").detail(),
        Column::number("scoring s").called("scoring_seconds_mean").detail(),
    ];
    let finals = columns.iter().map(|name| Column::number(*name).called(*name));
    let mut table = Table::new("search", fixed.into_iter().chain(finals));
    for (search, record) in records.iter().enumerate() {
        let rows: Vec<_> = report.rows.iter().filter(|row| row.search == search).collect();
        let Some(first) = rows.first() else { continue };
        let finals = columns.iter().map(|column| {
            let row = rows.iter().find(|row| row.column == *column);
            let spread = row.and_then(|row| row.spread);
            let text = row.and_then(|row| row.found()).unwrap_or_else(|| "-".into());
            Cell::bare(text)
                .also("_mean", spread.map(|spread| spread.mean))
                .also("_std", spread.map(|spread| spread.std))
        });
        let numbers = [
            first.runs.into(),
            Cell::number(Some(first.evaluations), 1),
            Cell::number(Some(first.missing), 1),
            Cell::number(Some(first.seconds), 1),
            Cell::number(first.scoring, 1),
        ];
        let names = [Cell::from(&record.label), Cell::from(&first.strategy)];
        table.row(names.into_iter().chain(numbers).chain(finals));
    }
    let mut parts = vec![Text::from(table)];
    parts.extend((!report.pairs.is_empty()).then(|| Text::from("\n").and(pairs(&report.pairs, records))));
    parts.extend(hypervolumes(&report, records).map(|table| Text::from("\n").and(table)));
    parts.push("finals: mean ± standard deviation over the runs' picks; the other numbers: means over the runs".into());
    if report.rows.iter().any(|row| row.missing > 0.0) {
        parts.push("missing: proposals that have no value, drawn again".into());
    }
    parts.extend(super::notes::warnings(records).into_iter().map(|warning| format!("note: {warning}").into()));
    Text::joined(parts, "\n")
}

fn hypervolumes(report: &Report, records: &[Record]) -> Option<Table> {
    let names = [Column::word("search").key(), Column::word("objectives")];
    let mut table = Table::new("front", names.into_iter().chain(["front", "hypervolume"].map(Column::number)));
    for front in &report.fronts {
        let spread = Spread::of(front.hypervolumes.iter().copied());
        table.row([
            Cell::from(&records[front.search].label),
            front.objectives.join(", ").into(),
            front.points.len().into(),
            Cell::bare(spread.map_or_else(|| "-".into(), |spread| format!("{:.3} ± {:.3}", spread.mean, spread.std)))
                .also("_mean", spread.map(|spread| spread.mean))
                .also("_std", spread.map(|spread| spread.std)),
        ]);
    }
    (!report.fronts.is_empty()).then_some(table)
}

fn pairs(pairs: &[Pair], records: &[Record]) -> Text {
    let names = [Column::word("A").key(), Column::word("B").key(), Column::word("final")];
    let numbers = [
        Column::number("runs").detail(),
        Column::number("A less B").called("difference"),
        Column::number("A better"),
        Column::number("B better"),
    ];
    let mut table = Table::new("pair", names.into_iter().chain(numbers));
    for pair in pairs {
        let digits = digits(pair.level);
        let interval = pair.interval.map_or_else(String::new, |(lo, hi)| format!(" [{lo:.digits$}, {hi:.digits$}]"));
        table.row([
            Cell::from(&records[pair.a].label),
            Cell::from(&records[pair.b].label),
            (&pair.column).into(),
            pair.runs.into(),
            Cell::of(format!("{:.digits$}{interval}", pair.difference), pair.difference)
                .also("_lo", pair.interval.map(|interval| interval.0))
                .also("_hi", pair.interval.map(|interval| interval.1)),
            Cell::of(format!("{:.0} %", 100.0 * pair.a_better), pair.a_better),
            Cell::of(format!("{:.0} %", 100.0 * pair.b_better), pair.b_better),
        ]);
    }
    let intervals = format!("\nin brackets: 95 % interval over {} resamples of the runs", super::pairs::DRAWS);
    Text::from(table).and(intervals)
}

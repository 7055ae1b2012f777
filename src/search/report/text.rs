//! The results in words.

use super::Report;
use super::pairs::Pair;
use crate::search::{Record, Spread, spread::digits};
use crate::text::{Table, Text};

/// Means as papers print them, and every two searches run against run.
pub fn text(records: &[Record]) -> Text {
    let report = Report::new(records);
    let columns = report.columns();
    let fixed = ["search", "strategy", "runs", "evaluations", "missing", "simulated s", "scoring s"];
    let mut table = Table::ruled(fixed.iter().chain(&columns).copied()).right(2..fixed.len() + columns.len());
    for (search, record) in records.iter().enumerate() {
        let rows: Vec<_> = report.rows.iter().filter(|row| row.search == search).collect();
        let Some(first) = rows.first() else { continue };
        let finals = columns.iter().map(|column| {
            rows.iter().find(|row| row.column == *column).and_then(|row| row.found()).unwrap_or_else(|| "-".into())
        });
        let numbers = [
            first.runs.to_string(),
            format!("{:.1}", first.evaluations),
            format!("{:.1}", first.missing),
            format!("{:.1}", first.seconds),
            first.scoring.map_or_else(|| "-".into(), |scoring| format!("{scoring:.1}")),
        ];
        table.row([record.label.clone(), first.strategy.clone()].into_iter().chain(numbers).chain(finals));
    }
    let mut parts = vec![Text::from(table)];
    parts.extend((!report.pairs.is_empty()).then(|| pairs(&report.pairs, records)));
    parts.extend(hypervolumes(&report, records).map(Text::from));
    parts.push("finals: mean ± standard deviation over the runs' picks; the other numbers: means over the runs".into());
    if report.rows.iter().any(|row| row.missing > 0.0) {
        parts.push("missing: proposals that have no value, drawn again".into());
    }
    parts.extend(super::notes::warnings(records).into_iter().map(|warning| format!("note: {warning}").into()));
    Text::joined(parts, "\n")
}

fn hypervolumes(report: &Report, records: &[Record]) -> Option<Table> {
    let mut table = Table::ruled(["search", "objectives", "front", "hypervolume"]).right([2, 3]);
    for front in &report.fronts {
        let spread = Spread::of(front.hypervolumes.iter().copied());
        table.row([
            records[front.search].label.clone(),
            front.objectives.join(", "),
            front.points.len().to_string(),
            spread.map_or_else(|| "-".into(), |spread| format!("{:.3} ± {:.3}", spread.mean, spread.std)),
        ]);
    }
    (!report.fronts.is_empty()).then_some(table)
}

fn pairs(pairs: &[Pair], records: &[Record]) -> Text {
    let mut table = Table::ruled(["A", "B", "final", "runs", "A less B", "A better", "B better"]).right(3..7);
    for pair in pairs {
        let digits = digits(pair.level);
        let interval = pair.interval.map_or_else(String::new, |(lo, hi)| format!(" [{lo:.digits$}, {hi:.digits$}]"));
        table.row([
            records[pair.a].label.clone(),
            records[pair.b].label.clone(),
            pair.column.clone(),
            pair.runs.to_string(),
            format!("{:.digits$}{interval}", pair.difference),
            format!("{:.0} %", 100.0 * pair.a_better),
            format!("{:.0} %", 100.0 * pair.b_better),
        ]);
    }
    let intervals = format!("\nin brackets: 95 % interval over {} resamples of the runs", super::pairs::DRAWS);
    Text::from(table).and(intervals)
}

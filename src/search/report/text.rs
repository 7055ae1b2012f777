//! The results for a terminal.

use super::Report;
use super::pairs::Pair;
use crate::report::terminal::{right, table};
use crate::search::{Record, Spread, spread::digits};
use comfy_table::Cell;

/// Means as papers print them, and every two searches run against run.
pub fn text(records: &[Record]) -> String {
    let report = Report::new(records);
    let columns = report.columns();
    let fixed = ["search", "strategy", "runs", "evaluations", "missing", "simulated s", "scoring s"];
    let mut table = table(fixed.iter().chain(&columns).copied().collect::<Vec<_>>());
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
        let numbers = numbers.into_iter().chain(finals).map(right);
        table.add_row([Cell::new(&record.label), Cell::new(&first.strategy)].into_iter().chain(numbers));
    }
    let mut parts = vec![table.to_string()];
    parts.extend((!report.pairs.is_empty()).then(|| pairs(&report.pairs, records)));
    parts.extend(hypervolumes(&report, records));
    parts.push("finals: mean ± standard deviation over the runs' picks; the other numbers: means over the runs".into());
    if report.rows.iter().any(|row| row.missing > 0.0) {
        parts.push("missing: proposals that have no value, drawn again".into());
    }
    parts.extend(super::notes::warnings(records).into_iter().map(|warning| format!("note: {warning}")));
    parts.join("\n")
}

fn hypervolumes(report: &Report, records: &[Record]) -> Option<String> {
    let mut table = table(["search", "objectives", "front", "hypervolume"]);
    for front in &report.fronts {
        let spread = Spread::of(front.hypervolumes.iter().copied());
        table.add_row([
            Cell::new(&records[front.search].label),
            Cell::new(front.objectives.join(", ")),
            right(front.points.len().to_string()),
            right(spread.map_or_else(|| "-".into(), |spread| format!("{:.3} ± {:.3}", spread.mean, spread.std))),
        ]);
    }
    (!report.fronts.is_empty()).then(|| table.to_string())
}

fn pairs(pairs: &[Pair], records: &[Record]) -> String {
    let mut table = table(["A", "B", "final", "runs", "A less B", "A better", "B better"]);
    for pair in pairs {
        let digits = digits(pair.level);
        let interval = pair.interval.map_or_else(String::new, |(lo, hi)| format!(" [{lo:.digits$}, {hi:.digits$}]"));
        table.add_row([
            Cell::new(&records[pair.a].label),
            Cell::new(&records[pair.b].label),
            Cell::new(&pair.column),
            right(pair.runs.to_string()),
            right(format!("{:.digits$}{interval}", pair.difference)),
            right(format!("{:.0} %", 100.0 * pair.a_better)),
            right(format!("{:.0} %", 100.0 * pair.b_better)),
        ]);
    }
    format!("{table}\nin brackets: 95 % interval over {} resamples of the runs", super::pairs::DRAWS)
}

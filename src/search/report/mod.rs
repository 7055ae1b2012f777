//! A report that compares searches: means as papers print them, curves of the incumbents and their regret, comparisons run by run, and Pareto
//! fronts with their hypervolume.

pub mod curves;
mod explored;
mod figures;
pub mod front;
mod notes;
mod page;
pub mod pairs;
mod request;
mod tables;
mod text;

pub use request::{SearchReportRequest, SearchReported};
pub use text::text;

use super::record::{Record, RecordedRun, RecordedStep};
use super::spread::{Spread, digits};
use crate::Result;
use crate::results::Folder;
use curves::{Clock, Curve, Quartiles};
use front::Front;
use pairs::Pair;
use std::path::Path;

/// The value of a search's picks by one final column.
#[derive(Clone, Debug)]
pub struct Row {
    /// Place of the search among those compared.
    pub search: usize,
    /// Its strategy.
    pub strategy: String,
    /// Number of runs.
    pub runs: usize,
    /// Mean number of evaluations.
    pub evaluations: f64,
    /// Mean number of proposals that had no value.
    pub missing: f64,
    /// Mean simulated seconds.
    pub seconds: f64,
    /// Mean scoring seconds; `None` where those of a run are not known.
    pub scoring: Option<f64>,
    /// The final column.
    pub column: String,
    /// Runs whose pick has a value there.
    pub known: usize,
    /// Mean and standard deviation over them.
    pub spread: Option<Spread>,
    /// Median and quartiles over them.
    pub quartiles: Option<Quartiles>,
    /// The best value of the table.
    pub best_possible: Option<f64>,
}

impl Row {
    /// Mean and standard deviation as text; for a single run, its value.
    fn found(&self) -> Option<String> {
        let spread = self.spread?;
        Some(if self.known == 1 { format!("{:.*}", digits(spread.mean), spread.mean) } else { spread.to_string() })
    }

    /// How far the mean falls short of the best value of the table.
    pub fn regret(&self) -> Option<f64> {
        Some(self.best_possible? - self.spread?.mean)
    }
}

/// A report on searches.
pub struct Report {
    /// A row per search and final column.
    pub rows: Vec<Row>,
    /// One curve per search, final column and clock, except for clocks that stand still.
    pub curves: Vec<Curve>,
    /// The comparisons of every two searches.
    pub pairs: Vec<Pair>,
    /// The fronts of searches with several objectives.
    pub fronts: Vec<Front>,
}

impl Report {
    /// Creates the report on these searches.
    pub fn new(records: &[Record]) -> Self {
        let columns = || {
            records
                .iter()
                .enumerate()
                .flat_map(|(search, record)| (0..record.finals.len()).map(move |column| (search, record, column)))
        };
        let curves = columns().flat_map(|(search, record, column)| {
            Clock::ALL.into_iter().map(move |clock| curves::curve(search, record, column, clock))
        });
        Report {
            rows: columns().map(|(search, record, column)| row(search, record, column)).collect(),
            curves: curves.filter(|curve| !curve.points.is_empty()).collect(),
            pairs: pairs::pairs(records),
            fronts: front::all(records),
        }
    }

    /// The final columns, each once, in order of first appearance.
    fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !columns.contains(&row.column.as_str()) {
                columns.push(&row.column);
            }
        }
        columns
    }

    /// The best value of a final column.
    fn best_possible(&self, column: &str) -> Option<f64> {
        let known = self.rows.iter().filter(|row| row.column == column).filter_map(|row| row.best_possible);
        known.max_by(f64::total_cmp)
    }
}

fn row(search: usize, record: &Record, column: usize) -> Row {
    let mean = |of: &dyn Fn(&RecordedRun) -> f64| Spread::of(record.runs.iter().map(of)).map_or(0.0, |all| all.mean);
    let last = |of: fn(&RecordedStep) -> f64| mean(&|run| run.steps.last().map_or(0.0, of));
    let worth = || record.picks(column).into_iter().flatten();
    Row {
        search,
        strategy: record.manifest["strategy"].as_str().unwrap_or_default().to_owned(),
        runs: record.runs.len(),
        evaluations: mean(&|run| run.steps.len() as f64),
        missing: mean(&|run| run.missing as f64),
        seconds: last(|step| step.seconds),
        scoring: scoring(record),
        column: record.finals[column].clone(),
        known: worth().count(),
        spread: Spread::of(worth()),
        quartiles: Quartiles::of(worth()),
        best_possible: record.manifest["best_possible"][&record.finals[column]].as_f64(),
    }
}

fn scoring(record: &Record) -> Option<f64> {
    let of_runs = record.runs.iter().filter_map(|run| run.steps.last()).map(|step| step.scoring);
    Some(Spread::of(of_runs.collect::<Option<Vec<f64>>>()?.into_iter())?.mean)
}

/// Writes tables, figures and `report.html` into a folder, with a manifest of what was compared.
///
/// # Errors
/// Names the file that cannot be written or the figure that cannot be drawn.
pub fn write(records: &[Record], out: &Path, manifest: &serde_json::Value) -> Result<()> {
    let report = Report::new(records);
    let folder = Folder::create(out, manifest)?;
    tables::write(&folder, &report, records)?;
    page::write(&folder, &report, records)
}

#[cfg(test)]
pub(super) mod fixture {
    use super::super::record::{Record, RecordedRun, RecordedStep};
    use serde_json::json;

    /// A search whose runs evaluate architectures of these values, 10 simulated seconds each.
    pub fn record(label: &str, runs: &[&[f64]]) -> Record {
        let run = |(number, values): (usize, &&[f64])| {
            let mut steps: Vec<RecordedStep> = Vec::new();
            for (place, &value) in values.iter().enumerate() {
                let best = steps.last().map(|last| last.incumbent).filter(|&best| values[best] >= value);
                steps.push(RecordedStep {
                    arch: format!("a{value}"),
                    objectives: vec![Some(value)],
                    finals: vec![Some(value)],
                    seconds: 10.0 * (place + 1) as f64,
                    scoring: Some(0.0),
                    incumbent: best.unwrap_or(place),
                });
            }
            RecordedRun { number: number as u64, steps, missing: 0 }
        };
        Record {
            label: label.into(),
            manifest: json!({ "strategy": "random", "best_possible": { "acc": 10.0 } }),
            runs: runs.iter().enumerate().map(run).collect(),
            objectives: vec!["acc".into()],
            finals: vec!["acc".into()],
        }
    }
}

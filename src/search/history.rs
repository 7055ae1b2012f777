//! The files of a search: its history (a row per step), its runs and its summary.

use super::spread::Spread;
use super::step::{Run, Stage, Step};
use super::{Evaluation, Search};
use crate::Result;
use crate::results::Folder;
use polars::prelude::*;
use std::collections::BTreeSet;

/// Name of the history in a search's folder.
pub const FILE: &str = "history.parquet";

/// Name of the table of runs beside it.
pub const RUNS: &str = "runs.parquet";

/// Writes `runs` and `summary`, and then the history, last and atomically: if it exists, everything does.
pub(super) fn write(folder: &Folder, search: &Search, runs: &[Run]) -> Result<()> {
    let evaluation = &search.evaluation;
    let finals = Finals::of(evaluation, runs)?;
    folder.write("runs", runs_table(evaluation, runs, &finals))?;
    folder.write("summary", summary(search, runs, &finals))?;
    folder.write_parquet(FILE, &mut history(evaluation, runs, &finals)?)
}

/// The final value of every step's architecture: for each final column and each run, one value per step.
struct Finals(Vec<Vec<Vec<Option<f64>>>>);

impl Finals {
    fn of(evaluation: &Evaluation, runs: &[Run]) -> Result<Self> {
        let value = |name: &String, step: &Step| match &evaluation.tables {
            Some(tables) if tables.has(name) => tables.value(&step.arch, name),
            // Only a real training gives such values.
            _ => Ok(evaluation.value(step, name).filter(|_| step.stage == Stage::Training)),
        };
        let of_run = |name: &String, run: &Run| run.steps.iter().map(|step| value(name, step)).collect::<Result<_>>();
        let of_column = |name: &String| runs.iter().map(|run| of_run(name, run)).collect::<Result<_>>();
        Ok(Finals(evaluation.finals.iter().map(of_column).collect::<Result<_>>()?))
    }

    /// The value of each run's pick in final column number `column`.
    fn picks<'a>(&'a self, column: usize, runs: &'a [Run]) -> impl Iterator<Item = Option<f64>> + 'a {
        runs.iter().zip(&self.0[column]).map(|(run, values)| values[run.steps.last()?.incumbent])
    }
}

fn number(name: &str, values: Vec<Option<f64>>) -> Column {
    Column::new(name.into(), values)
}

/// A row per step.
fn history(evaluation: &Evaluation, runs: &[Run], finals: &Finals) -> PolarsResult<DataFrame> {
    let steps: Vec<(&Run, usize, &Step)> =
        runs.iter().flat_map(|run| run.steps.iter().enumerate().map(move |(place, step)| (run, place, step))).collect();
    let count = |name: &str, of: &dyn Fn(&(&Run, usize, &Step)) -> u64| {
        Column::new(name.into(), steps.iter().map(of).collect::<Vec<u64>>())
    };
    let text = |name: &str, of: &dyn Fn(&Step) -> &str| {
        Column::new(name.into(), steps.iter().map(|(.., step)| of(step)).collect::<Vec<&str>>())
    };
    let real =
        |name: &str, of: &dyn Fn(&Step) -> Option<f64>| number(name, steps.iter().map(|(.., step)| of(step)).collect());
    let mut columns = vec![
        count("run", &|(run, ..)| run.number),
        count("step", &|(_, place, _)| *place as u64 + 1),
        text("stage", &|step| step.stage.name()),
        text("arch", &|step| step.arch.as_str()),
    ];
    for name in score_columns(evaluation) {
        columns.push(real(&name, &|step| evaluation.value(step, &name)));
    }
    for (place, _) in evaluation.objectives.iter().enumerate() {
        columns.push(real(&objective_column(place), &|step| step.objectives.get(place).copied()));
    }
    for (name, values) in evaluation.finals.iter().zip(&finals.0) {
        columns.push(number(&final_column(name), values.iter().flatten().copied().collect()));
    }
    columns.extend([
        real("seconds", &|step| Some(step.spent.training)),
        real("scoring_seconds", &|step| step.spent.scoring),
        real("wall_seconds", &|step| Some(step.wall)),
        count("incumbent", &|(.., step)| step.incumbent as u64 + 1),
    ]);
    DataFrame::new(steps.len(), columns)
}

/// The columns of all stages, each once.
fn score_columns(evaluation: &Evaluation) -> BTreeSet<String> {
    let training = evaluation.training.iter().flat_map(|training| training.evaluator.columns());
    evaluation.first.columns().iter().chain(training).cloned().collect()
}

/// Name of the column of objective number `place`.
pub(super) fn objective_column(place: usize) -> String {
    if place == 0 { "objective".into() } else { format!("objective_{}", place + 1) }
}

/// Name of the history's column with the values of the tables' final column `name`.
pub(super) fn final_column(name: &str) -> String {
    format!("final_{name}")
}

/// A row per run.
fn runs_table(evaluation: &Evaluation, runs: &[Run], finals: &Finals) -> PolarsResult<DataFrame> {
    let count =
        |name: &str, of: &dyn Fn(&Run) -> u64| Column::new(name.into(), runs.iter().map(of).collect::<Vec<u64>>());
    let last = |name: &str, of: &dyn Fn(&Step) -> Option<f64>| {
        number(name, runs.iter().map(|run| of(run.steps.last()?)).collect())
    };
    let mut columns = vec![
        count("run", &|run| run.number),
        count("evaluations", &|run| run.steps.len() as u64),
        count("missing", &|run| run.missing as u64),
        last("seconds", &|step| Some(step.spent.training)),
        last("scoring_seconds", &|step| step.spent.scoring),
        last("wall_seconds", &|step| Some(step.wall)),
        Column::new("ended_by".into(), runs.iter().map(|run| run.ended.as_str()).collect::<Vec<_>>()),
        Column::new("pick".into(), runs.iter().map(|run| Some(run.pick()?.arch.as_str())).collect::<Vec<_>>()),
        number("objective", runs.iter().map(|run| run.pick()?.objectives.first().copied()).collect()),
    ];
    for (place, name) in evaluation.finals.iter().enumerate() {
        columns.push(number(&final_column(name), finals.picks(place, runs).collect()));
    }
    DataFrame::new(runs.len(), columns)
}

/// One row: the strategy, the number of runs, means over them, and mean and standard deviation of the values of their picks.
fn summary(search: &Search, runs: &[Run], finals: &Finals) -> PolarsResult<DataFrame> {
    let mean = |of: &dyn Fn(&Run) -> f64| Spread::of(runs.iter().map(of)).map(|spread| spread.mean);
    let mut columns = vec![
        Column::new("strategy".into(), [search.recipe.name()]),
        Column::new("runs".into(), [runs.len() as u64]),
        number("evaluations_mean", vec![mean(&|run| run.steps.len() as f64)]),
        number("seconds_mean", vec![mean(&|run| run.steps.last().map_or(0.0, |step| step.spent.training))]),
    ];
    let names = &search.evaluation.finals;
    let mut add = |name: &str, spread: Option<Spread>| {
        columns.push(number(&format!("{name}_mean"), vec![spread.map(|spread| spread.mean)]));
        columns.push(number(&format!("{name}_std"), vec![spread.map(|spread| spread.std)]));
    };
    match names.as_slice() {
        // Without a table or a training, the value of a pick is the one it was chosen by.
        [] => add("final", Spread::of(runs.iter().filter_map(|run| run.pick()?.objectives.first().copied()))),
        [_] => add("final", Spread::of(finals.picks(0, runs).flatten())),
        names => {
            for (place, name) in names.iter().enumerate() {
                add(&final_column(name), Spread::of(finals.picks(place, runs).flatten()));
            }
        }
    }
    DataFrame::new(1, columns)
}

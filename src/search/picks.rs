//! The picks of a search's runs, with what their networks take.

use super::Record;
use crate::Result;
use crate::report::tables::column;
use crate::space::{SearchSpace, arch_cell};
use crate::text::{Cell, Column, Table};
use polars::prelude::*;

/// The pick of a run: its best architecture by the first objective.
#[derive(Clone, Debug)]
pub struct Pick {
    /// Number of the run.
    pub run: u64,
    /// The architecture.
    pub arch: String,
    /// Parameters of its network, dead layers left out, as it would be trained.
    pub params: u64,
    /// Multiply-accumulates for one image, likewise.
    pub flops: u64,
    /// Bytes of activations that inference on one image keeps at a time, in 32-bit floats.
    pub peak_memory: u64,
    /// The objectives as the search was told them.
    pub objectives: Vec<Option<f64>>,
    /// What it is worth, a value per final column.
    pub finals: Vec<Option<f64>>,
}

/// The picks of all runs that evaluated anything.
///
/// # Errors
/// Where the record has an architecture that the space does not have.
pub fn picks(record: &Record, space: &dyn SearchSpace) -> Result<Vec<Pick>> {
    let last = record.runs.iter().filter_map(|run| Some((run, &run.steps[run.steps.last()?.incumbent])));
    let pick = last.map(|(run, step)| {
        let net = space.canonical_network(&space.parse(&step.arch)?)?;
        let of = |measure: fn(&zeronas_proxies::network::Network) -> u64| net.as_ref().map_or(0, measure);
        Ok(Pick {
            run: run.number,
            arch: step.arch.clone(),
            params: of(|net| net.parameter_count()),
            flops: of(|net| net.flops()),
            peak_memory: of(|net| 4 * net.peak_activations()),
            objectives: step.objectives.clone(),
            finals: step.finals.clone(),
        })
    });
    pick.collect()
}

/// Most picks that are listed in words.
const MOST_LISTED: usize = 10;

/// The picks in words, those of the first runs where there are many.
pub fn text(picks: &[Pick], record: &Record) -> Table {
    let fixed = [
        Column::number("run").key(),
        Column::number("params"),
        Column::number("flops"),
        Column::number("peak memory").called("peak_memory_bytes").detail(),
    ];
    let objectives = record.objectives.iter().map(|name| Column::number(name).called(format!("objective_{name}")));
    let columns = fixed.into_iter().chain(objectives).chain([Column::word("pick").called("arch").key()]);
    let mut table = Table::new("pick", columns);
    for pick in picks.iter().take(MOST_LISTED) {
        let sizes = [pick.run, pick.params, pick.flops, pick.peak_memory].map(Cell::from);
        let objectives = pick.objectives.iter().map(|value| Cell::number(*value, 4));
        table.row(sizes.into_iter().chain(objectives).chain([arch_cell(None, &pick.arch)]));
    }
    table
}

/// A row per run.
pub fn table(picks: &[Pick], record: &Record) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        column("run", picks, |pick| pick.run as usize),
        column("arch", picks, |pick| pick.arch.clone()),
        column("params", picks, |pick| pick.params as usize),
        column("flops", picks, |pick| pick.flops as usize),
        column("peak_memory_bytes", picks, |pick| pick.peak_memory as usize),
    ];
    for (place, name) in record.objectives.iter().enumerate() {
        columns.push(column(&format!("objective_{name}"), picks, |pick| pick.objectives[place]));
    }
    let finals = record.finals.iter().enumerate().filter(|(_, name)| !record.objectives.contains(name));
    for (place, name) in finals {
        columns.push(column(&format!("final_{name}"), picks, |pick| pick.finals[place]));
    }
    DataFrame::new(picks.len(), columns)
}

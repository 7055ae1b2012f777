//! The picks of a search's runs, with the size and cost of their networks.

use super::Record;
use crate::Result;
use crate::report::tables::column;
use crate::results::Folder;
use crate::space::networks::json_of;
use crate::space::{SearchSpace, arch_cell, as_published};
use crate::text::{Cell, Column, Table};
use polars::prelude::*;
use serde_json::Map;
use std::path::Path;

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
    /// The other quantities that limits apply to, each with its value.
    pub limited: Vec<(String, Option<f64>)>,
    /// The objectives as the search was told them.
    pub objectives: Vec<Option<f64>>,
    /// What it is worth, a value per final column.
    pub finals: Vec<Option<f64>>,
}

/// The quantities listed for every pick.
const LISTED: [&str; 3] = ["params", "flops", "peak_memory"];

/// The picks of all runs that evaluated anything.
///
/// # Errors
/// Fails if the record has an architecture that is not in the space.
pub fn picks(record: &Record, space: &dyn SearchSpace) -> Result<Vec<Pick>> {
    let last = record.runs.iter().filter_map(|run| Some((run, &run.steps[run.steps.last()?.incumbent])));
    let pick = last.map(|(run, step)| {
        let arch = space.parse(&step.arch)?;
        let net = space.canonical_network(&arch)?;
        let mut limited = space.limited(&arch)?;
        limited.retain(|(name, _)| !LISTED.contains(&name.as_str()));
        let of = |measure: fn(&zeronas_proxies::network::Network) -> u64| net.as_ref().map_or(0, measure);
        Ok(Pick {
            run: run.number,
            arch: step.arch.clone(),
            params: of(|net| net.parameter_count()),
            flops: of(|net| net.flops()),
            peak_memory: of(|net| 4 * net.peak_activations()),
            limited,
            objectives: step.objectives.clone(),
            finals: step.finals.clone(),
        })
    });
    pick.collect()
}

/// The maximum number of picks listed as text.
const MOST_LISTED: usize = 10;

/// The picks as text; if there are many, those of the first runs.
pub fn text(picks: &[Pick], record: &Record) -> Table {
    let fixed = [
        Column::number("run").key(),
        Column::number("params"),
        Column::number("flops"),
        Column::number("peak memory").called("peak_memory_bytes").detail(),
    ];
    let objectives = record.objectives.iter().map(|name| Column::number(name).called(format!("objective_{name}")));
    let limited = limited(picks).map(|(_, name)| Column::number(name).called(name));
    let columns = fixed.into_iter().chain(limited).chain(objectives).chain([Column::word("pick").called("arch").key()]);
    let mut table = Table::new("pick", columns);
    for pick in picks.iter().take(MOST_LISTED) {
        let sizes = [pick.run, pick.params, pick.flops, pick.peak_memory].map(Cell::from);
        let limited = pick.limited.iter().map(|(_, value)| Cell::number(*value, 2));
        let objectives = pick.objectives.iter().map(|value| Cell::number(*value, 4));
        table.row(sizes.into_iter().chain(limited).chain(objectives).chain([arch_cell(None, &pick.arch)]));
    }
    table
}

/// The other quantities that limits apply to, which are the same for all picks.
fn limited(picks: &[Pick]) -> impl Iterator<Item = (usize, &str)> {
    let first = picks.first().into_iter().flat_map(|pick| &pick.limited);
    first.map(|(name, _)| name.as_str()).enumerate()
}

/// The folder for the networks of picks, and the name of the file of a run in it.
const NETWORKS: &str = "networks";
fn network_file(run: u64) -> String {
    format!("{NETWORKS}/run-{run}.json")
}

/// Writes the networks of the picks that are listed as text, in JSON.
///
/// # Errors
/// Fails if a file cannot be written.
pub fn write_networks(picks: &[Pick], space: &dyn SearchSpace, folder: &Folder) -> Result<()> {
    for pick in picks.iter().take(MOST_LISTED) {
        if let Some(net) = space.canonical_network(&space.parse(&pick.arch)?)? {
            folder.write_text(&network_file(pick.run), &json_of(&net, Some(&pick.arch))?)?;
        }
    }
    Ok(())
}

/// The command that trains a pick, or, in a space that no flag names, the one that exports its network from the folder of the search. `file`
/// is the file of a custom space.
pub fn next(pick: &Pick, space: &dyn SearchSpace, file: Option<&str>, images: &str, out: &Path) -> String {
    let name = file.unwrap_or(space.name());
    let usual = match as_published(name) {
        Ok(space) => space.macro_settings(),
        Err(_) if file.is_some() => Map::new(),
        Err(_) => {
            let network = out.join(network_file(pick.run));
            return format!("next: zeronas export --network {} --to onnx --out model.onnx\n", network.display());
        }
    };
    let settings = space.macro_settings();
    let asked = settings.iter().filter(|(name, value)| file.is_none() && usual.get(*name) != Some(*value));
    let flags: String = asked.map(|(name, value)| format!(" --{} {value}", name.replace('_', "-"))).collect();
    let arch = &pick.arch;
    format!(
        "next: zeronas train --space {name}{flags} --arch '{arch}' --images {images} --recipe small --out trained\n"
    )
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
    for (place, name) in limited(picks) {
        columns.push(column(name, picks, |pick| pick.limited[place].1));
    }
    for (place, name) in record.objectives.iter().enumerate() {
        columns.push(column(&format!("objective_{name}"), picks, |pick| pick.objectives[place]));
    }
    let finals = record.finals.iter().enumerate().filter(|(_, name)| !record.objectives.contains(name));
    for (place, name) in finals {
        columns.push(column(&format!("final_{name}"), picks, |pick| pick.finals[place]));
    }
    DataFrame::new(picks.len(), columns)
}

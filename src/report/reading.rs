//! What requests that compare scores with each other or with a benchmark have in common.

use std::path::{Path, PathBuf};

use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::Key;

use super::benchmark::target;
use super::error::Result;
use super::join::{Direction, Target, choose_targets};
use super::scores::{Columns, ScoreFile, Scores};
use crate::listener::Listener;
use crate::space::{SearchSpace, as_published, guess};

/// How score files and tables are read, and whether higher or lower scores of a proxy are better.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadAs {
    /// In another tool's table, the columns that are proxies; if there are none, all numeric ones except keys, times, ranks and targets.
    pub proxy_columns: Vec<String>,
    /// In tables, the column that names the architectures, where it has none of the usual names.
    pub arch_column: Option<String>,
    /// Proxies whose lower scores are better, besides those that declare this themselves.
    pub lower_is_better: Vec<String>,
}

impl ReadAs {
    /// The benchmark table at `path`.
    pub(crate) fn open(&self, path: &Path) -> crate::Result<BenchmarkTable> {
        Ok(BenchmarkTable::open_by(path, self.arch_column.as_deref())?)
    }

    /// How to read the columns of score files, given this benchmark table and these targets.
    pub(crate) fn columns(&self, benchmark: Option<&BenchmarkTable>, targets: &[String]) -> crate::Result<Columns> {
        let has_index = |table: &&BenchmarkTable| table.numeric_columns().iter().any(|name| name == "index");
        let keyed = |table: &&BenchmarkTable| !matches!(table.key(), Key::Index(_));
        let archs_by_index = match benchmark.filter(has_index).filter(keyed) {
            Some(table) => {
                let column = table.column("index")?;
                let whole = |index: f64| (index >= 0.0 && index.fract() == 0.0).then_some(index as u64);
                let known = column.into_iter().zip(table.architectures());
                known.filter_map(|(index, arch)| Some((whole(index?)?, arch.to_owned()))).collect()
            }
            None => Default::default(),
        };
        let first = benchmark.and_then(|table| table.architectures().next());
        Ok(Columns {
            proxies: self.proxy_columns.clone(),
            arch_column: self.arch_column.clone(),
            space: first.and_then(guess).map(|space| space.name().to_owned()),
            archs_by_index,
            targets: targets.to_vec(),
        })
    }

    /// Reads score files, and tells the listener how the columns of other tools' tables are used.
    pub(crate) fn scores(
        &self,
        paths: &[PathBuf],
        columns: &Columns,
        listener: &dyn Listener,
    ) -> crate::Result<Scores> {
        let scores = Scores::read(paths, columns)?;
        ScoreFile::told(&scores.files).iter().for_each(|told| listener.note(told));
        Ok(scores)
    }

    /// The direction of a proxy: lower where the settings say so, else the one it declares. For proxies that are not ours, higher is better.
    pub(crate) fn direction(&self, proxy: &str) -> Direction {
        if self.lower_is_better.iter().any(|lower| lower == proxy) {
            return Direction::Lower;
        }
        declared(proxy)
    }
}

/// The direction that a proxy declares; for proxies that are not ours, higher is better.
pub(crate) fn declared(proxy: &str) -> Direction {
    zeronas_proxies::proxy::find(&[proxy]).map_or(Direction::Higher, |found| found[0].info().direction)
}

/// Chooses the benchmark columns to compare with.
///
/// # Errors
/// Lists the numeric columns where those asked for are not among them, or where none was asked for and there is neither just one nor a default.
pub(crate) fn target_names(benchmark: &BenchmarkTable, asked: &[String]) -> Result<Vec<String>> {
    choose_targets(asked, &benchmark.numeric_columns(), benchmark.target())
}

/// Reads these columns for the scored architectures, without values that are missing or infinite.
pub(crate) fn targets(
    benchmark: &BenchmarkTable,
    names: &[String],
    archs: &[String],
    rows: &[Option<usize>],
) -> crate::Result<Vec<Target>> {
    names.iter().map(|name| target(benchmark, name, archs, rows)).collect()
}

/// The space of scored architectures: the one that is named, else the one guessed from the notation of a benchmark or their own.
pub(crate) fn space_of(
    named: Option<&str>,
    benchmark: Option<&BenchmarkTable>,
    archs: &[String],
) -> Option<Box<dyn SearchSpace>> {
    match named {
        Some(name) => as_published(name).ok(),
        None => {
            let first = benchmark.and_then(|table| table.architectures().next());
            first.and_then(guess).or_else(|| guess(archs.first()?))
        }
    }
}

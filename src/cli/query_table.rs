//! Answers from a row of a table that `zeronas import` made, by the names of its columns.

use std::path::Path;

use zeronas_datasets::table::official::api::{self, Answer, Pick};
use zeronas_datasets::table::official::{Benchmark, Wanted};
use zeronas_datasets::{BenchmarkTable, Error};

use crate::Result;

/// One row of a table.
pub struct Row<'a> {
    table: &'a BenchmarkTable,
    row: usize,
    architecture: &'a str,
    columns: Vec<String>,
}

impl<'a> Row<'a> {
    /// The row of an architecture in the table read from `path`.
    pub fn find(table: &'a BenchmarkTable, path: &Path, wanted: &Wanted) -> Result<Self> {
        let row = match wanted {
            Wanted::Architecture(text) => table.row_of(text),
            Wanted::Index(index) => table.row_of_index(*index),
            Wanted::Hash(hash) => table.row_of_hash(&hash.to_ascii_lowercase()),
        };
        let found = row.and_then(|row| Some((row, table.architectures().nth(row)?)));
        let Some((row, architecture)) = found else {
            let hint = match wanted {
                Wanted::Index(_) if !table.numeric_columns().iter().any(|name| name == "index") => "; no column index",
                _ => "",
            };
            let (path, hint) = (path.to_owned(), hint.to_owned());
            return Err(Error::NoSuchArchitecture { path, asked: wanted.to_string(), hint }.into());
        };
        Ok(Row { table, row, architecture, columns: table.numeric_columns() })
    }

    /// The architecture as the table has it.
    pub fn architecture(&self) -> &str {
        self.architecture
    }

    /// Refuses a table of another search space, which the way its architectures are written shows.
    pub fn expect(&self, space: &str, path: &Path) -> Result<()> {
        let found = match self.architecture {
            text if text.starts_with('|') => Benchmark::NatsTss,
            text if text.contains(':') => Benchmark::NatsSss,
            _ => Benchmark::Nb101,
        };
        if found.name() == space {
            return Ok(());
        }
        let (path, asked) = (path.to_owned(), space.to_owned());
        Err(Error::OtherBenchmark { path, found: found.name(), asked }.into())
    }

    /// Whether the columns are those of NAS-Bench-101.
    pub fn is_nb101(&self) -> bool {
        self.columns.iter().any(|name| name.ends_with("ep_run0"))
    }

    /// A column's number.
    pub fn value(&self, column: &str) -> Option<f64> {
        self.table.value(self.row, column)
    }

    /// All the numbers.
    pub fn all(&self) -> Answer {
        self.columns.iter().map(|name| (name.clone(), self.value(name))).collect()
    }

    /// The longest training schedule on a data set of which the row has numbers, or `asked` if it has that.
    pub fn longest(&self, dataset: &str, asked: Option<u32>) -> Option<u32> {
        let start = format!("train_accuracy_{}_", in_names(dataset));
        let epochs = |name: &String| name.strip_prefix(&start)?.strip_suffix("ep_mean")?.parse().ok();
        let there = self.columns.iter().filter(|name| self.value(name).is_some()).filter_map(epochs);
        there.filter(|epochs| asked.is_none_or(|asked| asked == *epochs)).max()
    }

    /// The one seed that is picked, `None` for the mean.
    pub fn seed(&self, dataset: &str, epochs: u32, pick: Pick) -> Result<Option<u32>> {
        let word = if self.is_nb101() { "run" } else { "seed" };
        let start = format!("train_accuracy_{}_{epochs}ep_{word}", in_names(dataset));
        let seeds = self.columns.iter().filter(|name| self.value(name).is_some());
        let seeds: Vec<u32> = seeds.filter_map(|name| name.strip_prefix(&start)?.parse().ok()).collect();
        match pick.draw(&seeds) {
            Some(seed) if !seeds.contains(&seed) => Err(Error::NoSuchRun {
                architecture: self.architecture.to_owned(),
                asked: format!("run of seed {seed}"),
                known: seeds.iter().map(u32::to_string).collect(),
            }
            .into()),
            seed => Ok(seed),
        }
    }

    /// As [`api::more_info`].
    pub fn more_info(&self, dataset: &str, epochs: u32, seed: Option<u32>) -> Answer {
        let end = format!("{}_{epochs}ep_{}", in_names(dataset), repetition(seed, "seed"));
        let mut answer = Vec::new();
        for (label, _) in api::sets(Benchmark::NatsTss, dataset) {
            let of = |what: &str| self.value(&format!("{label}_{what}_{end}"));
            let (loss, accuracy, seconds) = (of("loss"), of("accuracy"), of("seconds"));
            if loss.is_none() && accuracy.is_none() {
                continue;
            }
            answer.extend([
                (format!("{label}-loss"), loss),
                (format!("{label}-accuracy"), accuracy),
                (format!("{label}-per-time"), seconds.map(|seconds| seconds / f64::from(epochs))),
                (format!("{label}-all-time"), seconds),
            ]);
        }
        answer
    }

    /// As [`api::cost_info`], without the times.
    pub fn cost_info(&self, dataset: &str, epochs: u32) -> Answer {
        let dataset = in_names(dataset);
        let millions = |name: &str| self.value(&format!("{name}_{dataset}")).map(|count| count / 1e6);
        vec![
            ("flops".to_owned(), millions("flops")),
            ("params".to_owned(), millions("params")),
            ("latency".to_owned(), self.value(&format!("latency_seconds_{dataset}_{epochs}ep"))),
        ]
    }

    /// The numbers of [`api::cell`].
    pub fn cell(&self, epochs: u32, halfway: bool, seed: Option<u32>) -> Answer {
        let halfway = if halfway { "_halfway" } else { "" };
        let end = format!("cifar10_{epochs}ep{halfway}_{}", repetition(seed, "run"));
        let of = |name: &str| self.value(&format!("{name}_{end}"));
        vec![
            ("trainable_parameters".to_owned(), self.value("params")),
            ("training_time".to_owned(), of("train_seconds")),
            ("train_accuracy".to_owned(), of("train_accuracy")),
            ("validation_accuracy".to_owned(), of("valid_accuracy")),
            ("test_accuracy".to_owned(), of("test_accuracy")),
        ]
    }
}

fn repetition(seed: Option<u32>, word: &str) -> String {
    seed.map_or("mean".to_owned(), |seed| format!("{word}{seed}"))
}

/// A data set as it stands in names of columns.
fn in_names(dataset: &str) -> String {
    dataset.to_ascii_lowercase().replace('-', "_")
}

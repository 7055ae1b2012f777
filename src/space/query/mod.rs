//! What a benchmark's own package answers, from its official files and from tables that `zeronas import` made of them.

mod request;

pub use request::{QueryRequest, json, text};

use crate::Result;
use serde_json::Value;
use std::path::Path;
use zeronas_datasets::table::official::api::{Answer, Pick};
use zeronas_datasets::table::official::{Record, Wanted};
use zeronas_datasets::{BenchmarkTable, Error};

/// What is asked about an architecture.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The data set.
    pub dataset: &'a str,
    /// Which of the repeated trainings.
    pub pick: Pick,
    /// The epoch, counted from 0, after which to answer, instead of the last.
    pub at_epoch: Option<u32>,
    /// Whether to answer for halfway through the training instead of its end.
    pub halfway: bool,
}

/// A part of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// What was asked for.
    Plain(Value),
    /// What one of the package's functions gives.
    Numbers(Vec<(String, Value)>),
}

impl Part {
    /// Makes a part of an answer; whole numbers are written without a fraction.
    pub fn numbers(answer: Answer) -> Self {
        let number = |value| match value {
            Some(whole) if f64::fract(whole) == 0.0 && f64::abs(whole) < 1e15 => (whole as i64).into(),
            value => value.into(),
        };
        Part::Numbers(answer.into_iter().map(|(name, value)| (name, number(value))).collect())
    }
}

/// Named parts in the order in which they are shown.
pub type Reply = Vec<(&'static str, Part)>;

/// What the package of a benchmark answers.
pub trait Answers: Sync {
    /// Refuses settings for which the benchmark has no data.
    ///
    /// # Errors
    /// Names the setting.
    fn check(&self, question: &Question<'_>) -> Result<()>;

    /// Answers about a training of this many epochs from an official record.
    ///
    /// # Errors
    /// When the record has no such training.
    fn of_record(&self, record: &Record, question: &Question<'_>, epochs: u32) -> Result<Reply>;

    /// Whether a table with these columns was made from the benchmark's official files.
    fn knows(&self, columns: &[String]) -> bool;

    /// The word before the number of a repetition in the column names of such a table.
    fn repetition(&self) -> &'static str;

    /// Answers about a training of this many epochs from a row of such a table; `seed` is that of the repetition asked about, `None` for
    /// the mean.
    fn of_row(&self, row: &Row<'_>, question: &Question<'_>, epochs: u32, seed: Option<u32>) -> Reply;
}

/// Returns what answers for a table with these columns, if it was made from some benchmark's official files.
pub fn answers_of(columns: &[String]) -> Option<&'static dyn Answers> {
    super::all().filter_map(|benchmark| benchmark.query).find(|answers| answers.knows(columns))
}

/// One row of a table.
pub struct Row<'a> {
    architecture: &'a str,
    columns: Vec<String>,
    numbers: Vec<Option<f64>>,
}

impl<'a> Row<'a> {
    /// Finds the row of an architecture in the table read from `path`.
    ///
    /// # Errors
    /// When it has none.
    pub fn find(table: &'a BenchmarkTable, path: &Path, wanted: &Wanted) -> Result<Self> {
        let row = match wanted {
            Wanted::Architecture(text) => table.row_of(text).or_else(|| row_of_other_notation(table, text)),
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
        let columns = table.numeric_columns();
        let number = |name: &String| Ok(table.column(name)?[row]);
        let numbers = columns.iter().map(number).collect::<Result<_>>()?;
        Ok(Row { architecture, columns, numbers })
    }

    /// The architecture as the table has it.
    pub fn architecture(&self) -> &str {
        self.architecture
    }

    /// Names of the numeric columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Refuses a table of another search space, which it recognises by how the architecture is written.
    ///
    /// # Errors
    /// Names the space that it is of.
    pub fn expect(&self, space: &str, path: &Path) -> Result<()> {
        let reads = |name: &str| super::as_published(name).map(|space| space.parse(self.architecture).is_ok());
        if reads(space)? {
            return Ok(());
        }
        let others = super::all().map(|benchmark| benchmark.name);
        let found = others.into_iter().find(|name| reads(name).is_ok_and(|reads| reads)).unwrap_or("no known space");
        let (path, asked) = (path.to_owned(), space.to_owned());
        Err(Error::OtherBenchmark { path, found, asked }.into())
    }

    /// A column's number.
    pub fn value(&self, column: &str) -> Option<f64> {
        self.numbers[self.columns.iter().position(|name| name == column)?]
    }

    /// All the numbers.
    pub fn all(&self) -> Answer {
        self.columns.iter().map(|name| (name.clone(), self.value(name))).collect()
    }

    /// Finds the longest training schedule on a data set for which the row has numbers; if `asked` is given, only that one counts.
    pub fn longest(&self, dataset: &str, asked: Option<u32>) -> Option<u32> {
        let start = format!("train_accuracy_{}_", in_names(dataset));
        let epochs = |name: &String| name.strip_prefix(&start)?.strip_suffix("ep_mean")?.parse().ok();
        let there = self.columns.iter().filter(|name| self.value(name).is_some()).filter_map(epochs);
        there.filter(|epochs| asked.is_none_or(|asked| asked == *epochs)).max()
    }

    /// Returns the seed that is picked, `None` for the mean; `word` precedes it in column names.
    ///
    /// # Errors
    /// When there is no such training.
    pub fn seed(&self, dataset: &str, epochs: u32, pick: Pick, word: &str) -> Result<Option<u32>> {
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
}

/// Finds the row of an architecture that the table writes in another notation, or as another architecture with the same network.
fn row_of_other_notation(table: &BenchmarkTable, text: &str) -> Option<usize> {
    let first = table.architectures().next()?;
    let mut spaces = super::all().filter_map(|benchmark| super::as_published(benchmark.name).ok());
    let space = spaces.find(|space| space.parse(text).is_ok() && space.parse(first).is_ok())?;
    let arch = space.parse(text).ok()?;
    let archs: Vec<_> = table.architectures().map(|text| space.parse(text).ok()).collect();
    let written = archs.iter().position(|other| other.as_ref() == Some(&arch));
    written.or_else(|| {
        let key = space.key(&arch).ok()??;
        archs.iter().position(|other| {
            other.as_ref().is_some_and(|other| space.key(other).ok().flatten().as_ref() == Some(&key))
        })
    })
}

/// The end of the names of a repetition's columns.
pub fn repetition(seed: Option<u32>, word: &str) -> String {
    seed.map_or("mean".to_owned(), |seed| format!("{word}{seed}"))
}

/// A data set as it is written in column names.
pub fn in_names(dataset: &str) -> String {
    dataset.to_ascii_lowercase().replace('-', "_")
}

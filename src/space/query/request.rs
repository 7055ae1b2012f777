//! Requests to query a benchmark.

use super::{Part, Question, Reply, Row, answers_of};
use crate::space::import::Published;
use crate::space::{arch_cell, as_published, benchmark};
use crate::text::{Cell, Column, Table, Text};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::PathBuf;
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::official::api::Pick;
use zeronas_datasets::table::official::{Official, Record, Wanted};

/// Asks a benchmark about one architecture, as its own Python package would.
#[derive(Clone, Debug)]
pub struct QueryRequest {
    /// Official files, or a table.
    pub source: PathBuf,
    /// The search space that the files must be of, if any.
    pub space: Option<String>,
    /// The architecture.
    pub wanted: Wanted,
    /// Data set.
    pub dataset: String,
    /// Training schedule by its number of epochs; by default the longest there is.
    pub epochs: Option<u32>,
    /// Which of the repeated trainings.
    pub pick: Pick,
    /// The epoch, counted from 0, after which to answer, instead of the last; official files of NATS-Bench only.
    pub at_epoch: Option<u32>,
    /// Whether to answer for halfway through the training instead of its end; NAS-Bench-101 only.
    pub halfway: bool,
    /// The column of a table that names the architectures, if it has none of the usual names.
    pub arch_column: Option<String>,
}

impl QueryRequest {
    /// Asks these files about this architecture on CIFAR-10 after the longest training, averaged over the repetitions.
    pub fn new(source: impl Into<PathBuf>, wanted: Wanted) -> Self {
        QueryRequest {
            source: source.into(),
            space: None,
            wanted,
            dataset: "cifar10".into(),
            epochs: None,
            pick: Pick::Mean,
            at_epoch: None,
            halfway: false,
            arch_column: None,
        }
    }

    /// Returns the answer.
    ///
    /// # Errors
    /// Names the file, record or setting at fault.
    pub fn run(&self) -> Result<Reply> {
        if Published::is_one(&self.source) {
            return self.of_published();
        }
        if !Official::is_official(&self.source) {
            return self.of_table();
        }
        let official = Official::open(&self.source)?;
        if let Some(space) = &self.space {
            official.expect(space)?;
        }
        let name = official.benchmark().name();
        let answers = benchmark(name).and_then(|benchmark| benchmark.query);
        let answers = answers.ok_or_else(|| Error::file(&self.source, format!("{name} answers no questions")))?;
        let question = self.question();
        answers.check(&question)?;
        let record = official.find(&self.wanted)?;
        let epochs = self.epochs.map_or_else(|| longest(&record, &self.dataset), Ok)?;
        let mut reply = vec![("architecture", Part::Plain(record.architecture.clone().into()))];
        reply.extend(record.index.map(|index| ("index", Part::Plain(index.into()))));
        reply.extend(record.module_hash.clone().map(|hash| ("module_hash", Part::Plain(hash.into()))));
        reply.extend(self.asked(epochs, seed_of(&record, &self.dataset, epochs, self.pick)));
        reply.extend(answers.of_record(&record, &question, epochs)?);
        Ok(reply)
    }

    /// Returns all that is published about the architecture besides the official files.
    fn of_published(&self) -> Result<Reply> {
        let Wanted::Architecture(text) = &self.wanted else {
            return Err(Error::setting("arch", "these files know architectures by their notation only"));
        };
        let (benchmark, sheet) = Published::open(&self.source)?.table(self.space.as_deref())?;
        let space = as_published(benchmark.name)?;
        let arch = space.parse(text)?;
        let Some(row) = sheet.find(space.as_ref(), &arch)? else {
            return Err(Error::file(&self.source, format!("has no architecture `{arch}`")));
        };
        Ok(vec![("architecture", Part::Plain(arch.as_str().into())), ("columns", Part::numbers(row))])
    }

    fn of_table(&self) -> Result<Reply> {
        if self.at_epoch.is_some() {
            return Err(Error::setting("at_epoch", "a table has only the last epoch; ask the official files"));
        }
        let table = BenchmarkTable::open_by(&self.source, self.arch_column.as_deref())?;
        let row = Row::find(&table, &self.source, &self.wanted)?;
        if let Some(space) = &self.space {
            row.expect(space, &self.source)?;
        }
        let mut reply = vec![("architecture", Part::Plain(row.architecture().into()))];
        reply.extend(row.value("index").map(|index| ("index", Part::Plain((index as u64).into()))));
        let (answers, epochs) = (answers_of(row.columns()), row.longest(&self.dataset, self.epochs));
        let (Some(answers), Some(epochs)) = (answers, epochs) else {
            if self.epochs.is_some() || self.dataset != "cifar10" || !matches!(self.pick, Pick::Mean) {
                let asked = self.epochs.map(|epochs| format!(" with {epochs} epochs")).unwrap_or_default();
                let reason = format!("has no columns of trainings on {}{asked}", self.dataset);
                return Err(Error::file(&self.source, format!("{reason}, as `zeronas import` makes them")));
            }
            reply.push(("columns", Part::numbers(row.all())));
            return Ok(reply);
        };
        let question = self.question();
        answers.check(&question)?;
        let seed = row.seed(&self.dataset, epochs, self.pick, answers.repetition())?;
        reply.extend(self.asked(epochs, seed));
        reply.extend(answers.of_row(&row, &question, epochs, seed));
        Ok(reply)
    }

    fn question(&self) -> Question<'_> {
        Question { dataset: &self.dataset, pick: self.pick, at_epoch: self.at_epoch, halfway: self.halfway }
    }

    /// What was asked for.
    fn asked(&self, epochs: u32, seed: Option<u32>) -> [(&'static str, Part); 3] {
        let seed = seed.map_or(Value::from("mean"), Value::from);
        [("dataset", Value::from(self.dataset.as_str())), ("epochs", epochs.into()), ("seed", seed)]
            .map(|(name, value)| (name, Part::Plain(value)))
    }
}

/// The longest training schedule on a data set.
fn longest(record: &Record, dataset: &str) -> Result<u32> {
    let longest = record.runs.iter().filter(|run| run.dataset == dataset).map(|run| run.epochs).max();
    longest.ok_or_else(|| {
        let mut known: Vec<String> = record.runs.iter().map(|run| run.dataset.clone()).collect();
        known.dedup();
        let (architecture, asked) = (record.architecture.clone(), format!("training on {dataset}"));
        zeronas_datasets::Error::NoSuchRun { architecture, asked, known }.into()
    })
}

fn seed_of(record: &Record, dataset: &str, epochs: u32, pick: Pick) -> Option<u32> {
    pick.draw(&record.runs_of(dataset, epochs).iter().map(|run| run.seed).collect::<Vec<_>>())
}

/// The units of the packages' numbers, by the end of their names.
const UNITS: [(&str, &str); 7] = [
    ("-accuracy", "%"),
    ("_accuracy", "fraction"),
    ("-time", "s"),
    ("_time", "s"),
    ("flops", "millions"),
    ("params", "millions"),
    ("latency", "s"),
];

/// A reply as JSON.
pub fn json(reply: Reply) -> String {
    let value = |part| match part {
        Part::Plain(value) => value,
        Part::Numbers(numbers) => Value::Object(numbers.into_iter().collect()),
    };
    let object: Map<String, Value> = reply.into_iter().map(|(name, part)| (name.to_owned(), value(part))).collect();
    format!("{}\n", Value::Object(object))
}

/// A reply as a table.
pub fn text(reply: Reply) -> Text {
    let column = |key| Column { title: String::new(), ..Column::word(key) };
    let columns = [column("answer").key(), column("value").key(), column("unit")];
    let mut table = Table::new("answer", columns);
    let plain = |value: Value| Cell::of(value.as_str().map_or_else(|| value.to_string(), str::to_owned), value);
    for (name, part) in reply {
        match part {
            Part::Plain(Value::String(text)) => table.row([name.into(), arch_cell(None, &text)]),
            Part::Plain(value) => table.row([name.into(), plain(value)]),
            Part::Numbers(numbers) => {
                for (field, value) in numbers {
                    // The column names of a table contain the units.
                    let unit = if name == "columns" { "" } else { unit(&field) };
                    table.row([field.into(), plain(value), unit.into()]);
                }
            }
        }
    }
    Text::from(table).and("\n")
}

fn unit(field: &str) -> &'static str {
    let known = UNITS.iter().find(|(end, _)| field.ends_with(end));
    known.map_or(if field.starts_with("T-") { "s" } else { "" }, |(_, unit)| unit)
}

//! Official files as one Parquet file: a row an architecture, or a row a run. Rows are written in batches as they come.
//!
//! A wide row has `index`, `arch`, for NAS-Bench-101 `module_hash`, then for each data set `params_D`, `flops_D` (counts) and
//! `latency_seconds_D`, and for each data set D, schedule of E epochs and P = `mean` or `seed777` (NAS-Bench-101: `run0`):
//! `train_accuracy_D_Eep_P`, `train_loss_...` and `train_seconds_...` (of the whole training), the same for `valid`, `test`
//! and `valtest`; NAS-Bench-101 has `..._Eep_halfway_P` besides. Accuracies are in percent, NAS-Bench-101's are fractions.
//! The sets are those of [`api::sets`].

use std::fmt::{self, Display};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, PolarsResult, Series};

use super::api::{costs, mean, sets};
use super::record::{Point, Record, Run};
use super::{Benchmark, Group, Sink};
use crate::{Error, Result};

/// Rows written at a time.
const BATCH: usize = 4096;

/// What a row of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// An architecture.
    Architectures,
    /// One training of an architecture.
    Runs,
}

/// Writes what it takes to a Parquet file.
pub struct Sheet<'a> {
    path: PathBuf,
    benchmark: Benchmark,
    rows: Rows,
    file: Option<File>,
    writer: Option<BatchedWriter<File>>,
    groups: Vec<Group>,
    keys: Keys,
    names: Vec<String>,
    columns: Vec<Vec<Option<f64>>>,
    written: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

/// The columns that are no measurements.
#[derive(Default)]
struct Keys {
    indices: Vec<Option<u64>>,
    architectures: Vec<String>,
    hashes: Vec<Option<String>>,
    datasets: Vec<String>,
    epochs: Vec<u32>,
    seeds: Vec<u32>,
}

impl<'a> Sheet<'a> {
    /// Makes the file at `path`, which must not be there. `progress` hears how far the reading is.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(
        path: &Path,
        benchmark: Benchmark,
        rows: Rows,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Result<Self> {
        let file = File::create_new(path).map_err(|error| write_error(path, error))?;
        Ok(Sheet {
            path: path.to_owned(),
            benchmark,
            rows,
            file: Some(file),
            writer: None,
            groups: Vec::new(),
            keys: Keys::default(),
            names: Vec::new(),
            columns: Vec::new(),
            written: 0,
            progress,
        })
    }

    /// Writes what is left; the number of rows.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> Result<u64> {
        self.flush()?;
        if let Some(writer) = &self.writer {
            writer.finish().map_err(|error| write_error(&self.path, error))?;
        }
        Ok(self.written)
    }

    fn add_row(&mut self, record: &Record, run: Option<&Run>) -> Result<()> {
        self.keys.indices.push(record.index);
        self.keys.architectures.push(record.architecture.clone());
        self.keys.hashes.push(record.module_hash.clone());
        if let Some(run) = run {
            self.keys.datasets.push(run.dataset.clone());
            self.keys.epochs.push(run.epochs);
            self.keys.seeds.push(run.seed);
        }
        let mut columns = self.columns.iter_mut();
        // As many values as names, in their order: both come from the same walk.
        let mut push = |_: Name<'_>, value| {
            if let Some(column) = columns.next() {
                column.push(value);
            }
        };
        match run {
            Some(run) => walk_run(self.benchmark, Some(run), &mut push),
            None => walk(self.benchmark, &self.groups, Some(record), &mut push),
        }
        self.written += 1;
        if self.keys.architectures.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let frame = self.frame().map_err(|error| write_error(&self.path, error))?;
        if let Some(file) = self.file.take() {
            let writer = ParquetWriter::new(file).batched(frame.schema());
            self.writer = Some(writer.map_err(|error| write_error(&self.path, error))?);
        }
        match &mut self.writer {
            Some(writer) if frame.height() > 0 => {
                writer.write_batch(&frame).map_err(|error| write_error(&self.path, error))
            }
            _ => Ok(()),
        }
    }

    /// The rows gathered, which are gone from here afterwards.
    fn frame(&mut self) -> PolarsResult<DataFrame> {
        let Keys { indices, architectures, hashes, datasets, epochs, seeds } = std::mem::take(&mut self.keys);
        let height = architectures.len();
        let mut columns: Vec<Column> = Vec::with_capacity(self.columns.len() + 6);
        let mut add = |series: Series| columns.push(series.into_column());
        if self.benchmark != Benchmark::Nb101 {
            add(Series::new("index".into(), indices));
        }
        add(Series::new("arch".into(), architectures));
        if self.benchmark == Benchmark::Nb101 {
            add(Series::new("module_hash".into(), hashes));
        }
        if self.rows == Rows::Runs {
            add(Series::new("dataset".into(), datasets));
            add(Series::new("epochs".into(), epochs));
            add(Series::new("seed".into(), seeds));
        }
        for (name, values) in self.names.iter().zip(&mut self.columns) {
            let numbers = Series::new(name.into(), std::mem::take(values));
            let counts = name.starts_with("params") || name.starts_with("flops");
            add(if counts { numbers.cast(&DataType::Int64)? } else { numbers });
        }
        DataFrame::new(height, columns)
    }
}

impl Sink for Sheet<'_> {
    fn begin(&mut self, groups: &[Group]) {
        self.groups = groups.to_vec();
        let mut names = Vec::new();
        let mut push = |name: Name<'_>, _| names.push(name.to_string());
        match self.rows {
            Rows::Runs => walk_run(self.benchmark, None, &mut push),
            Rows::Architectures => walk(self.benchmark, groups, None, &mut push),
        }
        self.columns = vec![Vec::new(); names.len()];
        self.names = names;
    }

    fn record(&mut self, record: Record) -> Result<ControlFlow<()>> {
        match self.rows {
            Rows::Architectures => self.add_row(&record, None)?,
            Rows::Runs => record.runs.iter().try_for_each(|run| self.add_row(&record, Some(run)))?,
        }
        Ok(ControlFlow::Continue(()))
    }

    fn progress(&mut self, done: u64, total: u64) {
        (self.progress)(done, total);
    }
}

fn write_error(path: &Path, error: impl Display) -> Error {
    Error::Write { path: path.to_owned(), reason: error.to_string() }
}

/// The name of a column, made only when it is asked for.
struct Name<'a> {
    what: &'a str,
    unit: &'static str,
    /// Data set, epochs, halfway and repetition, as far as they are part of the name.
    group: Option<(&'a str, Option<(u32, bool, Repetition)>)>,
}

#[derive(Clone, Copy)]
enum Repetition {
    Mean,
    Seed(u32),
    Run(u32),
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.what, self.unit)?;
        let Some((dataset, training)) = self.group else { return Ok(()) };
        write!(f, "_{}", dataset.to_ascii_lowercase().replace('-', "_"))?;
        let Some((epochs, halfway, repetition)) = training else { return Ok(()) };
        write!(f, "_{epochs}ep{}", if halfway { "_halfway" } else { "" })?;
        match repetition {
            Repetition::Mean => write!(f, "_mean"),
            Repetition::Seed(seed) => write!(f, "_seed{seed}"),
            Repetition::Run(run) => write!(f, "_run{run}"),
        }
    }
}

type Visit<'v> = &'v mut dyn FnMut(Name<'_>, Option<f64>);

/// Goes through the columns of a wide row, with the values of `record`.
fn walk(benchmark: Benchmark, groups: &[Group], record: Option<&Record>, visit: Visit<'_>) {
    let nb101 = benchmark == Benchmark::Nb101;
    for (place, group) in groups.iter().enumerate() {
        let dataset = group.dataset.as_str();
        if groups[..place].iter().all(|earlier| earlier.dataset != dataset) {
            walk_costs(benchmark, dataset, record, visit);
        }
        let runs = record.map_or(Vec::new(), |record| record.runs_of(dataset, group.epochs));
        for halfway in [false, true].into_iter().take(1 + usize::from(nb101)) {
            let mut one = |repetition, runs: &[&Run]| {
                let group = Some((dataset, Some((group.epochs, halfway, repetition))));
                for &set in sets(benchmark, dataset) {
                    walk_set(benchmark, set, halfway, runs, &mut |what, unit, value| {
                        visit(Name { what, unit, group }, value)
                    });
                }
            };
            one(Repetition::Mean, &runs);
            for &seed in &group.seeds {
                let place = runs.iter().position(|run| run.seed == seed);
                let repetition = if nb101 { Repetition::Run(seed) } else { Repetition::Seed(seed) };
                one(repetition, place.map_or(&[], |place| &runs[place..=place]));
            }
        }
    }
}

/// Goes through the columns of a row that is one run.
fn walk_run(benchmark: Benchmark, run: Option<&Run>, visit: Visit<'_>) {
    let mut plain = |what: &str, unit, value| visit(Name { what, unit, group: None }, value);
    plain("params", "", run.map(|run| run.params));
    if benchmark != Benchmark::Nb101 {
        plain("flops", "", run.and_then(|run| run.flops));
        plain("latency", "_seconds", run.and_then(|run| run.latency));
    }
    let runs: Vec<&Run> = run.into_iter().collect();
    let known = sets(benchmark, run.map_or("", |run| &run.dataset));
    for halfway in [false, true].into_iter().take(1 + usize::from(benchmark == Benchmark::Nb101)) {
        // The labels of all data sets; one without some of the sets has the columns all the same.
        for &(label, _) in sets(benchmark, "") {
            let set = known.iter().find(|(known, _)| *known == label).map_or("", |(_, set)| set);
            let mut named = |what: &str, unit, value| match halfway {
                true => plain(&format!("halfway_{what}"), unit, value),
                false => plain(what, unit, value),
            };
            walk_set(benchmark, (label, set), halfway, &runs, &mut named);
        }
    }
}

fn walk_costs(benchmark: Benchmark, dataset: &str, record: Option<&Record>, visit: Visit<'_>) {
    let longest = record.and_then(|record| {
        let of_dataset = record.runs.iter().filter(|run| run.dataset == dataset);
        of_dataset.map(|run| run.epochs).max().map(|epochs| record.runs_of(dataset, epochs))
    });
    if benchmark == Benchmark::Nb101 {
        return visit(Name { what: "params", unit: "", group: None }, longest.map(|runs| runs[0].params));
    }
    let costs = longest.map(|runs| costs(&runs)).unwrap_or_default();
    let of = |name: &str| costs.iter().find(|(known, _)| known == name).and_then(|(_, value)| *value);
    let mut named = |what, unit, value| visit(Name { what, unit, group: Some((dataset, None)) }, value);
    named("params", "", of("params").map(|millions| (millions * 1e6).round()));
    named("flops", "", of("flops").map(|millions| (millions * 1e6).round()));
    named("latency", "_seconds", of("latency"));
}

/// Goes through what there is of a set, given by its name in columns and its name in the files.
fn walk_set(
    benchmark: Benchmark,
    (label, set): (&str, &str),
    halfway: bool,
    runs: &[&Run],
    visit: &mut dyn FnMut(&str, &'static str, Option<f64>),
) {
    let of = |value: fn(&Point) -> Option<f64>| value_of(runs, set, halfway, value);
    visit(label, "_accuracy", of(|point| point.accuracy));
    if benchmark != Benchmark::Nb101 {
        visit(label, "_loss", of(|point| point.loss));
    }
    if benchmark != Benchmark::Nb101 || label == "train" {
        visit(label, "_seconds", of(|point| point.seconds));
    }
}

/// The mean of what the runs have at the end of their training, or halfway.
fn value_of(runs: &[&Run], set: &str, halfway: bool, value: fn(&Point) -> Option<f64>) -> Option<f64> {
    mean(runs.iter().map(|run| {
        let points = run.curve(set)?;
        value(if halfway { points.0.first()? } else { points.last()? })
    }))
}

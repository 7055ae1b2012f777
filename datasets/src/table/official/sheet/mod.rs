//! Conversion of official files to one Parquet file, with a row per architecture or per run. Rows are written in batches as they come.
//!
//! A row for an architecture has `index` or for NAS-Bench-101 `module_hash`, `arch`, for each data set D `params_D` and `flops_D`
//! (counts; NAS-Bench-101 `params`), for each schedule of E epochs `latency_seconds_D_Eep` (one batch), and for P = `mean` and
//! each seed as `seed777` (NAS-Bench-101 `run0`): `train_accuracy_D_Eep_P`, `train_loss_...` and `train_seconds_...` (of all the
//! epochs), and the same for `valid`, `test` and `valtest` if there are such images; NAS-Bench-101 also has `..._Eep_halfway_P`.
//! Accuracies are in percent; NAS-Bench-101's are fractions. The sets are those of [`super::api::sets`].

mod columns;

use std::fmt::Display;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, PolarsResult, Series};

use super::record::{Record, Run};
use super::{Benchmark, Coverage, Group, Official, Sink};
use crate::{Error, Result};
use columns::{Name, walk, walk_run};

/// Number of rows written at a time.
const BATCH: usize = 4096;

/// What a row of the file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// An architecture.
    Architectures,
    /// One training of an architecture.
    Runs,
}

/// Reads official files into one Parquet file, which is either complete in the end or absent. `progress` is called with the
/// number of bytes or files read and their total. Returns what was present, and the number of rows.
///
/// # Errors
/// If the official files are damaged, or `out` already exists or cannot be written.
pub fn import(
    official: &Official,
    out: &Path,
    rows: Rows,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Coverage, u64)> {
    if out.exists() {
        return Err(Error::AlreadyThere { path: out.to_owned() });
    }
    let mut unfinished = out.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let mut sheet = Sheet::create(&unfinished, official.benchmark(), rows, progress)?;
    let filled = official.read_into(&mut sheet).and_then(|coverage| Ok((coverage, sheet.finish()?)));
    let moved = filled.and_then(|filled| {
        fs::rename(&unfinished, out).map_err(|error| write_error(out, error))?;
        Ok(filled)
    });
    if moved.is_err() {
        // Nothing more can be done if even that fails.
        let _ = fs::remove_file(&unfinished);
    }
    moved
}

/// Writes what it receives to a Parquet file.
struct Sheet<'a> {
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

/// The columns that are not measurements.
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
    fn create(path: &Path, benchmark: Benchmark, rows: Rows, progress: &'a mut dyn FnMut(u64, u64)) -> Result<Self> {
        let file = File::create(path).map_err(|error| write_error(path, error))?;
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

    /// Writes the remaining rows and returns the number of all rows.
    fn finish(mut self) -> Result<u64> {
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
        // There are as many values as names, in the same order: both come from the same traversal.
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

    /// Returns the rows gathered so far and removes them.
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

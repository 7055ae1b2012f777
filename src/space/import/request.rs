//! Requests to import files of benchmarks.

use super::{Published, Sheet, rewritten};
use crate::listener::{Listener, Progress};
use crate::results::check_out;
use crate::space::Benchmark;
use crate::{Error, Result};
use std::path::PathBuf;
use zeronas_datasets::table::official::sheet::{self, Rows};
use zeronas_datasets::table::official::{Coverage, Official};

/// Turns files of a benchmark into one Parquet table.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// File or folder as the benchmark publishes it.
    pub official: PathBuf,
    /// Table to make; an existing file is not replaced.
    pub out: PathBuf,
    /// Whether to write one row per training instead of one per architecture.
    pub runs: bool,
    /// The search space that the files must be of, if any.
    pub space: Option<String>,
}

/// A table that was made.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The benchmark.
    pub benchmark: &'static str,
    /// Architectures in the table.
    pub archs: u64,
    /// Its rows.
    pub rows: u64,
    /// How much of the benchmark was found, if its official files say how much there should be.
    pub coverage: Option<Coverage>,
    /// Number of columns, if the files were not official ones.
    pub columns: Option<usize>,
}

impl ImportRequest {
    /// Imports these files into this table, one row per architecture.
    pub fn new(official: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        ImportRequest { official: official.into(), out: out.into(), runs: false, space: None }
    }

    /// Makes the table.
    ///
    /// # Errors
    /// Names the file, record or byte at fault.
    pub fn run(&self, listener: &dyn Listener) -> Result<Imported> {
        if check_out(&self.out)? {
            let reason = format!("{}: the table is Parquet, and its name ends in .parquet", self.out.display());
            return Err(Error::setting("out", reason));
        }
        if Published::is_one(&self.official) {
            return self.made(Published::open(&self.official)?.table(self.space.as_deref())?);
        }
        if [".csv", ".csv.gz", ".tsv", ".parquet"].iter().any(|end| self.official.to_string_lossy().ends_with(end)) {
            return self.made(rewritten(&self.official, self.space.as_deref())?);
        }
        let official = Official::open(&self.official)?;
        if let Some(space) = &self.space {
            official.expect(space)?;
        }
        let rows = if self.runs { Rows::Runs } else { Rows::Architectures };
        let (coverage, rows) = sheet::import(&official, &self.out, rows, &mut |done, total| {
            listener.progress(Progress { done: done as usize, total: total as usize });
        })?;
        let benchmark = official.benchmark().name();
        Ok(Imported { benchmark, archs: coverage.found, rows, coverage: Some(coverage), columns: None })
    }

    /// Writes the table made from other files than the official ones.
    fn made(&self, (benchmark, sheet): (&'static Benchmark, Sheet)) -> Result<Imported> {
        if self.runs {
            let reason = "these files have no trainings one by one; only the official ones do";
            return Err(Error::setting("runs", reason));
        }
        let (rows, columns) = (sheet.len() as u64, sheet.names().count());
        sheet.write(&self.out)?;
        Ok(Imported { benchmark: benchmark.name, archs: rows, rows, coverage: None, columns: Some(columns) })
    }
}

impl Imported {
    /// Says what was missing from the benchmark, if anything.
    pub fn absent(&self) -> Option<String> {
        let coverage = self.coverage.as_ref()?;
        let absent = coverage.expected?.saturating_sub(coverage.found);
        let named: Vec<String> = coverage.missing.iter().map(u64::to_string).collect();
        let more = if absent > named.len() as u64 { ", ..." } else { "" };
        (absent > 0).then(|| format!("not there: {absent} architectures (index {}{more})", named.join(", ")))
    }
}

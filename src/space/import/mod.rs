//! Makes tables from what benchmarks and the programs around them publish besides the official files.
//!
//! Each benchmark reads its own files ([`Import`](super::Benchmark::import)); NASLib's files cover several benchmarks and have one
//! reader. The content of a file shows what it is.

mod naslib;
mod request;
mod sheet;

pub use request::{ImportRequest, Imported};
pub use sheet::Sheet;

use super::{Benchmark, SearchSpace};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::Path;
use zeronas_datasets::BenchmarkTable;
use zeronas_datasets::table::official::published::{Member, members, saved_numbers};

/// What is published at a path.
pub struct Published<'a> {
    /// The path.
    pub path: &'a Path,
    /// The JSON files there, by name.
    pub files: Vec<(String, Value)>,
    /// The numbers, if the path is a list that `torch.save` wrote.
    pub numbers: Option<Vec<f64>>,
}

/// Makes a table from one whose architectures are in another notation, and writes them in the benchmark's own. The space is `asked` or, if
/// none is asked for, the only one that reads the first architecture.
///
/// # Errors
/// If the file is not a table, or its architectures are not of the space.
pub fn rewritten(path: &Path, asked: Option<&str>) -> Result<(&'static Benchmark, Sheet)> {
    let table = BenchmarkTable::open(path)?;
    let first = table.architectures().next().unwrap_or_default();
    let space = match asked {
        Some(name) => super::as_published(name)?,
        None => super::guess(first).ok_or_else(|| {
            Error::setting("space", format!("must say which space `{first}` is of, in {}", path.display()))
        })?,
    };
    let benchmark = super::benchmark(space.name())
        .ok_or_else(|| Error::Internal(format!("{} is not in the registry", space.name())))?;
    let mut sheet = Sheet::default();
    let columns = table.numeric_columns();
    let columns = columns.into_iter().map(|name| Ok((table.column(&name)?, name))).collect::<Result<Vec<_>>>()?;
    for (place, text) in table.architectures().enumerate() {
        let at_fault = |error: Error| Error::file(path, format!("row {}: {error}", place + 1));
        let row = sheet.row(space.as_ref(), text).map_err(at_fault)?;
        for (values, name) in &columns {
            if let Some(value) = values[place] {
                sheet.put(row, name, value);
            }
        }
    }
    Ok((benchmark, sheet))
}

/// Reads a benchmark's files into a sheet; returns whether they have a form that it knows.
pub type Read = fn(&Published<'_>, &dyn SearchSpace, &mut Sheet) -> Result<bool>;

/// The endings of the names of files that are looked into.
const ENDS: [&str; 7] = [".json", ".json.gz", ".zip", ".tar", ".tar.gz", ".tgz", ".pt"];

impl Published<'_> {
    /// Whether a path looks like something published: a folder without a list of architectures, or a file by its name.
    pub fn is_one(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_dir() {
            return !["meta.pickle.pbz2"].iter().any(|name| path.join(name).exists());
        }
        ENDS.iter().any(|end| name.ends_with(end))
    }

    /// Reads all that is at a path.
    ///
    /// # Errors
    /// If something cannot be read or is damaged, or if nothing is there.
    pub fn open(path: &Path) -> Result<Published<'_>> {
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("pt")) {
            return Ok(Published { path, files: Vec::new(), numbers: Some(saved_numbers(path)?) });
        }
        let json = |Member { name, bytes }: Member| {
            let value = serde_json::from_slice(&bytes).map_err(|error| Error::file(path, format!("{name}: {error}")));
            Ok((name, value?))
        };
        let members = members(path)?.into_iter().filter(|member| is_json(&member.name));
        let files = members.map(json).collect::<Result<Vec<_>>>()?;
        if files.is_empty() {
            return Err(Error::file(path, "has no JSON file in it"));
        }
        Ok(Published { path, files, numbers: None })
    }

    /// Makes the table of a benchmark, which is `asked` if that is given.
    ///
    /// # Errors
    /// If the files have no known form, or are of another benchmark.
    pub fn table(&self, asked: Option<&str>) -> Result<(&'static Benchmark, Sheet)> {
        let asked_for = |benchmark: &Benchmark| asked.is_none_or(|asked| benchmark.name == asked);
        if let Some((benchmark, sheet)) = naslib::read(self)? {
            if asked_for(benchmark) {
                return Ok((benchmark, sheet));
            }
            let reason = format!("is of {}, not of {}", benchmark.name, asked.unwrap_or_default());
            return Err(Error::file(self.path, reason));
        }
        for benchmark in super::all().filter(|benchmark| asked_for(benchmark)) {
            let Some(read) = benchmark.import else { continue };
            let (space, mut sheet) = (super::as_published(benchmark.name)?, Sheet::default());
            if read(self, space.as_ref(), &mut sheet)? {
                return Ok((benchmark, sheet));
            }
        }
        let of = asked.map(|asked| format!(" of {asked}")).unwrap_or_default();
        Err(Error::file(
            self.path,
            format!("is no published file{of} that is known; `zeronas import --help` lists them"),
        ))
    }

    /// Returns the objects of all files with their files' names, if every file holds an object with all these fields.
    pub fn objects<'a>(&'a self, fields: &[&str]) -> Option<Vec<(&'a str, &'a Map<String, Value>)>> {
        let has_all = |object: &&Map<String, Value>| fields.iter().all(|field| object.contains_key(*field));
        let object = |(name, value): &'a (String, Value)| Some((name.as_str(), value.as_object().filter(has_all)?));
        self.files.iter().map(object).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty())
    }

    /// The error that names what is wrong with a file.
    pub fn fault(&self, name: &str, reason: impl std::fmt::Display) -> Error {
        Error::file(self.path, format!("{name}: {reason}"))
    }
}

fn is_json(name: &str) -> bool {
    // macOS adds a folder `__MACOSX` to archives.
    name.to_ascii_lowercase().ends_with(".json") && !name.contains("__MACOSX")
}

#[cfg(test)]
mod tests;

//! Typed columns of one score file, Parquet or CSV, with errors that name the cell.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::error::{Error, Result};
use crate::job::{MANIFEST_KEY, manifest_beside};

/// A score file in memory.
pub struct Columns {
    file: PathBuf,
    frame: DataFrame,
    /// JSON text carried by the file or lying beside it.
    manifest: Option<String>,
}

impl Columns {
    /// Reads a file that has at least one row. CSV cells stay text until a column is asked for.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |source| Error::Open { file: path.to_owned(), source };
        let handle = File::open(path).map_err(failed)?;
        let metadata = handle.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(std::io::ErrorKind::IsADirectory.into()));
        }
        let size = metadata.len();
        let empty = || Error::Empty { file: path.to_owned() };
        if size == 0 {
            return Err(empty());
        }
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let read = if is_csv { read_csv(path, handle)? } else { read_parquet(path, handle)? };
        if read.frame.height() == 0 {
            return Err(empty());
        }
        Ok(read)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// The manifest: metadata `zeronas` of a Parquet file, or `NAME.csv.manifest.json` beside `NAME.csv`.
    pub fn manifest(&self) -> Result<Option<serde_json::Value>> {
        let parse =
            |text| serde_json::from_str(text).map_err(|source| Error::Manifest { file: self.file.clone(), source });
        self.manifest.as_deref().map(parse).transpose()
    }

    /// Names of the columns, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(|name| name.to_string()).collect()
    }

    /// Whether there is a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.frame.column(name).is_ok()
    }

    /// Whether a column holds numbers, and at least one; cells may be empty.
    pub fn is_numeric(&self, name: &str) -> bool {
        let typed = self.column(name).is_ok_and(|column| column.dtype().is_primitive_numeric() || column.str().is_ok());
        typed && self.number(name).is_ok_and(|cells| cells.iter().any(Option::is_some))
    }

    /// A column of text, empty cells as empty text.
    pub fn text_or_empty(&self, name: &str) -> Result<Vec<String>> {
        let column = self.cast(name, &DataType::String, "text")?;
        let text = column.str().map_err(|_| self.column_type(name, "text", column.dtype()))?;
        Ok(text.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect())
    }

    /// A column of text without gaps.
    pub fn text(&self, name: &str) -> Result<Vec<String>> {
        let cell = |(row, cell): (usize, String)| match cell.is_empty() {
            false => Ok(cell),
            true => Err(self.cell(row, name, "the cell is empty".into())),
        };
        self.text_or_empty(name)?.into_iter().enumerate().map(cell).collect()
    }

    /// A column of numbers, empty cells as `None`.
    pub fn number(&self, name: &str) -> Result<Vec<Option<f64>>> {
        const EXPECTED: &str = "numbers";
        if let Some(cells) = self.parsed(name, "a number")? {
            return Ok(cells);
        }
        let column = self.cast(name, &DataType::Float64, EXPECTED)?;
        let numbers = column.f64().map_err(|_| self.column_type(name, EXPECTED, column.dtype()))?;
        Ok(numbers.iter().collect())
    }

    /// A column of whole numbers from 0, without gaps.
    pub fn integer(&self, name: &str) -> Result<Vec<u64>> {
        const EXPECTED: &str = "whole numbers from 0";
        let cells = match self.parsed(name, "a whole number")? {
            Some(cells) => cells,
            None => {
                let found = self.column(name)?.dtype().clone();
                if !found.is_integer() {
                    return Err(self.column_type(name, EXPECTED, &found));
                }
                let column = self.cast(name, &DataType::UInt64, EXPECTED)?;
                let integers = column.u64().map_err(|_| self.column_type(name, EXPECTED, &found))?;
                integers.iter().collect()
            }
        };
        let cell =
            |(row, cell): (usize, Option<u64>)| cell.ok_or_else(|| self.cell(row, name, "the cell is empty".into()));
        cells.into_iter().enumerate().map(cell).collect()
    }

    /// Refuses NaN and infinity in a cell that should hold a number.
    pub fn finite(&self, row: usize, name: &str, value: Option<f64>) -> Result<Option<f64>> {
        match value {
            Some(value) if !value.is_finite() => Err(self.cell(row, name, format!("{value} is not a finite number"))),
            _ => Ok(value),
        }
    }

    /// The error that blames the cell in `row`, counted from 0.
    pub fn cell(&self, row: usize, column: &str, problem: String) -> Error {
        Error::Cell { file: self.file.clone(), row: row + 1, column: column.into(), problem }
    }

    fn column(&self, name: &str) -> Result<&Column> {
        self.frame.column(name).map_err(|_| {
            let found: Vec<&str> = self.frame.get_column_names().iter().map(|name| name.as_str()).collect();
            Error::MissingColumn { file: self.file.clone(), column: name.into(), found: found.join(", ") }
        })
    }

    /// A text column (every column of a CSV file) parsed cell by cell; `None` where the column is typed.
    fn parsed<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<Option<Vec<Option<T>>>> {
        let Ok(text) = self.column(name)?.str() else { return Ok(None) };
        let parse = |(row, cell): (usize, Option<&str>)| {
            let parse =
                |cell: &str| cell.trim().parse().map_err(|_| self.cell(row, name, format!("`{cell}` is not {what}")));
            cell.filter(|cell| !cell.is_empty()).map(parse).transpose()
        };
        text.iter().enumerate().map(parse).collect::<Result<_>>().map(Some)
    }

    fn cast(&self, name: &str, to: &DataType, expected: &'static str) -> Result<Column> {
        let column = self.column(name)?;
        let suits = column.dtype().is_primitive() || column.dtype() == to || column.dtype() == &DataType::Null;
        let cast = if suits { column.strict_cast(to).ok() } else { None };
        cast.ok_or_else(|| self.column_type(name, expected, column.dtype()))
    }

    fn column_type(&self, column: &str, expected: &'static str, found: &DataType) -> Error {
        Error::ColumnType { file: self.file.clone(), column: column.into(), expected, found: found.to_string() }
    }
}

fn read_csv(path: &Path, handle: File) -> Result<Columns> {
    let frame = CsvReadOptions::default()
        .with_infer_schema_length(Some(0))
        .into_reader_with_file_handle(handle)
        .finish()
        .map_err(|source| Error::Format { file: path.to_owned(), format: "CSV", source })?;
    let beside = manifest_beside(path);
    let manifest = match std::fs::read_to_string(&beside) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(Error::Open { file: beside, source }),
    };
    Ok(Columns { file: path.to_owned(), frame, manifest })
}

fn read_parquet(path: &Path, handle: File) -> Result<Columns> {
    let failed = |source| Error::Format { file: path.to_owned(), format: "Parquet", source };
    let mut reader = ParquetReader::new(handle);
    let metadata = reader.get_metadata().map_err(failed)?;
    let manifest = metadata
        .key_value_metadata
        .iter()
        .flatten()
        .find(|entry| entry.key == MANIFEST_KEY)
        .and_then(|entry| entry.value.clone());
    let frame = reader.finish().map_err(failed)?;
    Ok(Columns { file: path.to_owned(), frame, manifest })
}

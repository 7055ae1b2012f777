//! The one reader for all tables from outside: benchmarks, scores of any tool, lists of architectures.
//!
//! The format is detected from the content: Parquet, separated values in their dialects, or JSON lines, each plain or gzipped,
//! and folders of such files as parts of one table. A column is decoded when it is asked for. Only text and numbers are read;
//! other columns appear with their name and a word on what they hold.

mod bytes;
mod cells;
mod columns;
mod csv;
mod guard;
mod json;
mod kind;
mod number;
mod pages;
mod parquet;
mod part;
mod parts;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result, sha256_hex};
use bytes::Bytes;
use parquet::Values;
use part::{Content, Part};

pub use kind::{Kind, Numbers};
pub use parts::parts;

/// A table as stored in its files.
#[derive(Clone)]
pub struct TableFile {
    path: PathBuf,
    parts: Vec<Part>,
    names: Vec<String>,
    fingerprint: String,
}

/// Text that may or may not be a table.
pub(super) struct Text {
    pub(super) text: String,
    /// The cells of its first line.
    pub(super) header: Vec<String>,
}

/// Returns the content of a file as text, or `None` if it is Parquet.
pub(super) fn text_of(path: &Path, bytes: &[u8]) -> Result<Option<Text>> {
    match Bytes::of(path, bytes.to_vec())? {
        Bytes::Parquet(_) => Ok(None),
        Bytes::Text(text) => Ok(Some(Text { header: csv::header(&text), text })),
    }
}

impl TableFile {
    /// Reads the table at `path`: a file, or a folder of parts.
    ///
    /// # Errors
    /// Names the file that cannot be read, is not a table or has no rows, or the parts whose columns differ.
    pub fn open(path: &Path) -> Result<Self> {
        let files = parts(path)?;
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            let bytes = fs::read(&file).map_err(|source| Error::Read { path: file.clone(), source })?;
            all.push((file, bytes));
        }
        TableFile::decode(path, all)
    }

    /// Reads a table from the content of one file.
    ///
    /// # Errors
    /// As [`TableFile::open`].
    pub fn of_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        TableFile::decode(path, vec![(path.to_owned(), bytes)])
    }

    fn decode(path: &Path, files: Vec<(PathBuf, Vec<u8>)>) -> Result<Self> {
        let fingerprint = sha256_hex(files.iter().map(|(_, bytes)| bytes.as_slice()));
        let part = |(path, bytes): (PathBuf, Vec<u8>)| {
            if bytes.is_empty() {
                return Err(Error::EmptyTable { path });
            }
            Part::read(path, bytes)
        };
        let parts = files.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        let names = parts.first().map(Part::names).unwrap_or_default();
        for part in &parts {
            part.check_names(&names)?;
        }
        let table = TableFile { path: path.to_owned(), parts, names, fingerprint };
        if table.rows() == 0 {
            return Err(Error::EmptyTable { path: path.to_owned() });
        }
        Ok(table)
    }

    /// Returns the path that the table was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of rows, at least 1.
    pub fn rows(&self) -> usize {
        self.parts.iter().map(Part::rows).sum()
    }

    /// Returns the names of the columns, in the order of the file; a column without a name has an empty one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Returns the SHA-256 of the file, or of the parts one after another, as hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns an entry of a Parquet file's metadata.
    pub fn entry(&self, key: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| match &part.content {
            Content::Parquet(parquet) => parquet.entry(key),
            Content::Text(_) => None,
        })
    }

    /// Returns the kind of a column, judged by its type; in CSV and JSON every column is text unless it holds lists or objects.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn kind(&self, name: &str) -> Result<Kind> {
        let kinds = self.parts.iter().map(|part| part.kind(name)).collect::<Result<Vec<_>>>()?;
        let other = kinds.iter().copied().find(|kind| matches!(kind, Kind::Other(_)));
        // If parts have different types for a column, it counts as text.
        let text = kinds.contains(&Kind::Text).then_some(Kind::Text);
        Ok(other.or(text).unwrap_or(Kind::Number))
    }

    /// Returns a column as text; empty where a value is missing.
    ///
    /// # Errors
    /// If there is no such column, it cannot be decoded, or it holds neither text nor numbers.
    pub fn texts(&self, name: &str) -> Result<Vec<String>> {
        let mut texts = Vec::with_capacity(self.rows());
        for part in &self.parts {
            match part.values(name)? {
                Values::Text(cells) => texts.extend(cells.iter().map(str::to_owned)),
                Values::Numbers(numbers) => texts.extend(numbers.into_iter().map(said)),
                Values::Wholes(numbers) => texts.extend(numbers.into_iter().map(said)),
            }
        }
        Ok(texts)
    }

    /// Returns a column of text without gaps.
    ///
    /// # Errors
    /// As [`TableFile::texts`], and the row of a cell that is empty.
    pub fn full_texts(&self, name: &str) -> Result<Vec<String>> {
        let texts = self.texts(name)?;
        match texts.iter().position(String::is_empty) {
            Some(row) => Err(self.cell(row, name, "the cell is empty")),
            None => Ok(texts),
        }
    }

    /// Returns a column of numbers.
    ///
    /// # Errors
    /// If there is no such column, it cannot be decoded, or a cell holds something else.
    pub fn numbers(&self, name: &str) -> Result<Numbers> {
        let mut all = Vec::with_capacity(self.rows());
        for part in &self.parts {
            let before = all.len();
            all.extend(match part.values(name)? {
                Values::Text(cells) => {
                    let found = cells.numbers(part.decimal());
                    found.map_err(|(row, cell)| self.cell(before + row, name, &format!("`{cell}` is not a number")))?
                }
                Values::Numbers(numbers) => numbers,
                Values::Wholes(numbers) => {
                    numbers.into_iter().map(|number| number.map(|number| number as f64)).collect()
                }
            });
        }
        Ok(all)
    }

    /// Returns a column of whole numbers from 0; `None` where a value is missing.
    ///
    /// # Errors
    /// As [`TableFile::numbers`].
    pub fn wholes(&self, name: &str) -> Result<Vec<Option<u64>>> {
        let mut all = Vec::with_capacity(self.rows());
        for part in &self.parts {
            let found = match part.values(name)? {
                Values::Text(cells) => cells.wholes(),
                Values::Numbers(numbers) => parquet::wholes(&numbers),
                Values::Wholes(numbers) => Ok(numbers),
            };
            let before = all.len();
            all.extend(
                found
                    .map_err(|(row, cell)| self.cell(before + row, name, &format!("`{cell}` is not a whole number")))?,
            );
        }
        Ok(all)
    }

    /// Returns a column of whole numbers from 0 without gaps.
    ///
    /// # Errors
    /// As [`TableFile::wholes`], and the row of a cell that is empty.
    pub fn full_wholes(&self, name: &str) -> Result<Vec<u64>> {
        let cell = |(row, cell): (usize, Option<u64>)| cell.ok_or_else(|| self.cell(row, name, "the cell is empty"));
        self.wholes(name)?.into_iter().enumerate().map(cell).collect()
    }

    /// Returns a column's numbers, or says in words why it holds none.
    ///
    /// # Errors
    /// If it cannot be decoded.
    pub fn numeric(&self, name: &str) -> Result<std::result::Result<Numbers, String>> {
        if let Kind::Other(what) = self.kind(name)? {
            return Ok(Err(format!("holds {what}")));
        }
        match self.numbers(name) {
            Ok(numbers) if numbers.iter().any(Option::is_some) => Ok(Ok(numbers)),
            Ok(_) => Ok(Err("has no value".to_owned())),
            Err(Error::Cell { row, problem, .. }) => Ok(Err(format!("is no column of numbers: row {row}: {problem}"))),
            Err(error) => Err(error),
        }
    }

    /// Returns the error for the cell in `row`, counted from 0.
    pub fn cell(&self, row: usize, column: &str, problem: &str) -> Error {
        let mut row = row;
        for part in &self.parts {
            if row < part.rows() {
                return Error::cell(&part.path, row, column, problem);
            }
            row -= part.rows();
        }
        Error::cell(&self.path, row, column, problem)
    }
}

/// A value as text; a missing one is empty.
fn said(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

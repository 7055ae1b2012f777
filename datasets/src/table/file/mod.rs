//! One reader for every table that comes from outside: benchmarks, scores of any tool, lists of architectures.
//!
//! Formats are told by content: Parquet, separated values in their dialects, JSON lines, each of them plain or packed by gzip, and folders
//! of such files as parts of one table. A column is decoded when it is asked for. Text and numbers are what tables are read for; columns of
//! anything else are there by name, with a word on what they hold.

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

/// A table as its files have it.
#[derive(Clone)]
pub struct TableFile {
    path: PathBuf,
    parts: Vec<Part>,
    names: Vec<String>,
    fingerprint: String,
}

/// Text that is perhaps no table.
pub(super) struct Text {
    pub(super) text: String,
    /// The cells of its first line.
    pub(super) header: Vec<String>,
}

/// The content of a file as text, `None` where it is Parquet.
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
    /// Names the file that cannot be read, is no table, or has no rows, and where parts differ in their columns.
    pub fn open(path: &Path) -> Result<Self> {
        let files = parts(path)?;
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            let bytes = fs::read(&file).map_err(|source| Error::Read { path: file.clone(), source })?;
            all.push((file, bytes));
        }
        TableFile::decode(path, all)
    }

    /// The table of one file's content.
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

    /// The path it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of rows, at least 1.
    pub fn rows(&self) -> usize {
        self.parts.iter().map(Part::rows).sum()
    }

    /// Names of the columns, in the order of the file; a column without a name has an empty one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// SHA-256 of the file or, one after another, of the parts, in hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// An entry of a Parquet file's metadata.
    pub fn entry(&self, key: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| match &part.content {
            Content::Parquet(parquet) => parquet.entry(key),
            Content::Text(_) => None,
        })
    }

    /// What a column is good for, by its type; CSV and JSON have but text.
    ///
    /// # Errors
    /// Where there is no such column.
    pub fn kind(&self, name: &str) -> Result<Kind> {
        let kinds = self.parts.iter().map(|part| part.kind(name)).collect::<Result<Vec<_>>>()?;
        let other = kinds.iter().copied().find(|kind| matches!(kind, Kind::Other(_)));
        // Parts in which a column has other types agree in text.
        let text = kinds.contains(&Kind::Text).then_some(Kind::Text);
        Ok(other.or(text).unwrap_or(Kind::Number))
    }

    /// A column as text; empty where a value is missing.
    ///
    /// # Errors
    /// Where there is no such column, it cannot be decoded, or it holds neither text nor numbers.
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

    /// A column of text without gaps.
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

    /// A column of numbers.
    ///
    /// # Errors
    /// Where there is no such column, it cannot be decoded, or a cell holds something else.
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

    /// A column of whole numbers from 0; `None` where a value is missing.
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

    /// A column of whole numbers from 0 without gaps.
    ///
    /// # Errors
    /// As [`TableFile::wholes`], and the row of a cell that is empty.
    pub fn full_wholes(&self, name: &str) -> Result<Vec<u64>> {
        let cell = |(row, cell): (usize, Option<u64>)| cell.ok_or_else(|| self.cell(row, name, "the cell is empty"));
        self.wholes(name)?.into_iter().enumerate().map(cell).collect()
    }

    /// A column's numbers, or why it holds none, in words.
    ///
    /// # Errors
    /// Where it cannot be decoded.
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

    /// The error that blames the cell in `row`, counted from 0.
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

/// A value as text, none as the empty one.
fn said(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

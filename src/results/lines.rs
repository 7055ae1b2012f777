//! An append-only file of JSON lines: the results of a long run so far, safe if the process is killed.
//!
//! A line is in the file as soon as it is appended, so a killed process loses at most what it was working on. A line that
//! was cut short by the kill is dropped when the file is opened again.

use super::files::{lock, remove_leftover};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An open file of lines. It is locked while it is open.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    file: File,
    /// The offset just after the last complete line.
    end: u64,
}

/// The position of a line: offset and length in bytes.
pub(crate) type Place = (u64, usize);

/// A complete line of the file.
pub(crate) struct Line<'a> {
    path: &'a Path,
    /// Its number, from 1.
    pub number: usize,
    /// Its position.
    pub place: Place,
    text: &'a [u8],
}

impl Line<'_> {
    /// Parses the value it holds; the error names the line.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.text).map_err(|error| self.wrong(format!("is damaged: {error}")))
    }

    /// The error that says what is wrong with the line.
    pub fn wrong(&self, problem: impl std::fmt::Display) -> Error {
        Error::file(self.path, format!("line {} {problem}", self.number))
    }
}

impl Lines {
    /// Opens or creates the file at `path` and passes every complete line to `read`. Fails if the file cannot be written or is in use by
    /// another process.
    pub fn open(path: &Path, mut read: impl FnMut(Line<'_>) -> Result<()>) -> Result<Self> {
        let io = |action| Error::io(path, action);
        let mut options = File::options();
        let file = options.read(true).append(true).create(true).open(path).map_err(io("cannot be opened"))?;
        lock(&file, path)?;
        let mut end = 0;
        let mut reader = BufReader::new(&file);
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            let length = reader.read_until(b'\n', &mut text).map_err(io("cannot be read"))?;
            if text.last() != Some(&b'\n') {
                break;
            }
            read(Line { path, number, place: (end, length), text: &text })?;
            end += length as u64;
        }
        file.set_len(end).map_err(io("cannot be repaired"))?;
        Ok(Lines { path: path.into(), file, end })
    }

    /// Whether the file has no lines.
    pub fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Appends a line. If this fails, for example because the disk is full, the earlier lines are still there.
    pub fn append(&mut self, value: &impl Serialize) -> Result<Place> {
        let mut line = serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(Error::io(&self.path, "cannot be written"))?;
        let place = (self.end, line.len());
        self.end += line.len() as u64;
        Ok(place)
    }

    /// Reads the value of an existing line.
    pub fn get<T: DeserializeOwned>(&self, (offset, length): Place) -> Result<T> {
        let io = |action| Error::io(&self.path, action);
        let mut text = vec![0; length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(io("cannot be read"))?;
        file.read_exact(&mut text).map_err(io("cannot be read"))?;
        serde_json::from_slice(&text)
            .map_err(|error| Error::file(&self.path, format!("the line at byte {offset} is damaged: {error}")))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes the file.
    pub fn remove(self) -> Result<()> {
        remove_leftover(&self.path)
    }
}

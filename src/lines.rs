//! Results that survive a kill: an append-only file of JSON lines beneath the line of their manifest.
//!
//! A result is in the file as soon as it is computed, so a killed process loses at most what it was computing. A line that was
//! cut short by the kill is dropped when the file is opened again.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// An open file of lines. It is locked while it is.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    file: File,
    /// One past the last complete line.
    end: u64,
}

/// Where a line stands: offset and length.
pub(crate) type Place = (u64, usize);

impl Lines {
    /// Opens the file at `path`, or starts it with this manifest; `each` gets every line that is there. An error if it cannot
    /// be written, `check` objects to its manifest, or it is in use by another process.
    pub fn open<L: DeserializeOwned>(
        path: &Path,
        manifest: &impl Serialize,
        check: impl Fn(&Value) -> Result<()>,
        mut each: impl FnMut(Place, L) -> std::result::Result<(), String>,
    ) -> Result<Self> {
        let io = |action| Error::io(path, action);
        let mut options = File::options();
        let file = options.read(true).append(true).create(true).open(path).map_err(io("cannot be opened"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::file(path, "is in use by another process")),
            Err(TryLockError::Error(error)) => return Err(io("cannot be locked")(error)),
        }
        let mut lines = Lines { path: path.into(), file, end: 0 };
        let mut reader = BufReader::new(&lines.file);
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            let length = reader.read_until(b'\n', &mut text).map_err(io("cannot be read"))?;
            if text.last() != Some(&b'\n') {
                break;
            }
            let broken = |error: serde_json::Error| Error::file(path, format!("line {number} is damaged: {error}"));
            if number == 1 {
                check(&serde_json::from_slice(&text).map_err(broken)?)?;
            } else {
                each((lines.end, length), serde_json::from_slice(&text).map_err(broken)?)
                    .map_err(|reason| Error::file(path, format!("line {number}: {reason}")))?;
            }
            lines.end += length as u64;
        }
        lines.file.set_len(lines.end).map_err(io("cannot be repaired"))?;
        if lines.end == 0 {
            lines.append(manifest)?;
        }
        Ok(lines)
    }

    /// Adds a line. After an error, such as a full disk, the lines before it are still there.
    pub fn append(&mut self, line: &impl Serialize) -> Result<Place> {
        let mut line = serde_json::to_string(line).map_err(|error| Error::Internal(error.to_string()))?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(Error::io(&self.path, "cannot be written"))?;
        let place = (self.end, line.len());
        self.end += line.len() as u64;
        Ok(place)
    }

    /// A line that is there.
    pub fn read<L: DeserializeOwned>(&self, (offset, length): Place) -> Result<L> {
        let io = |action| Error::io(&self.path, action);
        let mut text = vec![0; length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(io("cannot be read"))?;
        file.read_exact(&mut text).map_err(io("cannot be read"))?;
        serde_json::from_slice(&text)
            .map_err(|error| Error::file(&self.path, format!("the result at byte {offset} is damaged: {error}")))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

//! The journal: an append-only file of results, one JSON line a network and seed, beneath the manifest's line.
//!
//! A result is in the file as soon as it is computed, so a killed process loses at most what it was computing. A line
//! that was cut short by the kill is dropped when the journal is opened again.

use super::Manifest;
use super::plan::{Item, Plan};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zeronas_proxies::Score;

/// What one proxy measured, as the journal and the score file hold it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub score: Option<f64>,
    pub ln_score: Option<f64>,
    pub status: String,
    pub seconds: f64,
}

impl From<&Score> for Entry {
    fn from(score: &Score) -> Self {
        Entry {
            score: score.value,
            ln_score: score.ln_value,
            status: score.status.as_str().into(),
            seconds: score.seconds,
        }
    }
}

/// One line: a network under a seed, and what each proxy that runs it measured.
#[derive(Serialize, Deserialize)]
struct Line {
    network: String,
    seed: u64,
    scores: Vec<Entry>,
}

/// An open journal. The file is locked while it is.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// One past the last complete line.
    end: u64,
    /// Where each result stands: offset and length.
    places: HashMap<Item, (u64, usize)>,
}

impl Journal {
    /// Opens the journal at `path`, or starts it; results that are there already are kept. An error if it cannot be
    /// written, was made with other settings, or is in use by another process.
    pub fn open(path: &Path, manifest: &Manifest, plan: &Plan) -> Result<Self> {
        let io = |action| Error::io(path, action);
        let mut options = File::options();
        let file = options.read(true).append(true).create(true).open(path).map_err(io("cannot be opened"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::file(path, "is in use by another process")),
            Err(TryLockError::Error(error)) => return Err(io("cannot be locked")(error)),
        }
        let mut journal = Journal { path: path.into(), file, end: 0, places: HashMap::new() };
        journal.read_back(manifest, plan)?;
        journal.file.set_len(journal.end).map_err(io("cannot be repaired"))?;
        if journal.end == 0 {
            let line = serde_json::to_string(manifest).map_err(|error| Error::Internal(error.to_string()))?;
            journal.write_line(line)?;
        }
        Ok(journal)
    }

    /// Reads all complete lines.
    fn read_back(&mut self, manifest: &Manifest, plan: &Plan) -> Result<()> {
        let labels: HashMap<&str, usize> =
            plan.networks.iter().enumerate().map(|(place, network)| (network.label.as_str(), place)).collect();
        let path = self.path.clone();
        let mut reader = BufReader::new(&self.file);
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            let length = reader.read_until(b'\n', &mut text).map_err(Error::io(&path, "cannot be read"))?;
            if text.last() != Some(&b'\n') {
                return Ok(());
            }
            let broken = |error: serde_json::Error| Error::file(&path, format!("line {number} is damaged: {error}"));
            if number == 1 {
                manifest.check_against(&serde_json::from_slice(&text).map_err(broken)?, &path)?;
            } else {
                let line: Line = serde_json::from_slice(&text).map_err(broken)?;
                let unknown = || Error::file(&path, format!("line {number}: unknown network `{}`", line.network));
                let network = *labels.get(line.network.as_str()).ok_or_else(unknown)?;
                self.places.insert(Item { network, seed: line.seed }, (self.end, length));
            }
            self.end += length as u64;
        }
        Ok(())
    }

    /// Whether a result is there.
    pub fn has(&self, item: Item) -> bool {
        self.places.contains_key(&item)
    }

    /// Number of results.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Adds a result. After an error, such as a full disk, the results before it are still there.
    pub fn append(&mut self, item: Item, label: &str, scores: &[Score]) -> Result<()> {
        let line = Line { network: label.into(), seed: item.seed, scores: scores.iter().map(Entry::from).collect() };
        let line = serde_json::to_string(&line).map_err(|error| Error::Internal(error.to_string()))?;
        let place = self.write_line(line)?;
        self.places.insert(item, place);
        Ok(())
    }

    fn write_line(&mut self, mut line: String) -> Result<(u64, usize)> {
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(Error::io(&self.path, "cannot be written"))?;
        let place = (self.end, line.len());
        self.end += line.len() as u64;
        Ok(place)
    }

    /// A result that is there.
    pub fn get(&self, item: Item) -> Result<Vec<Entry>> {
        let io = |action| Error::io(&self.path, action);
        let Some(&(offset, length)) = self.places.get(&item) else {
            return Err(Error::Internal(format!("{} lacks a result under seed {}", self.path.display(), item.seed)));
        };
        let mut text = vec![0; length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(io("cannot be read"))?;
        file.read_exact(&mut text).map_err(io("cannot be read"))?;
        let line: Line = serde_json::from_slice(&text)
            .map_err(|error| Error::file(&self.path, format!("the result at byte {offset} is damaged: {error}")))?;
        Ok(line.scores)
    }

    /// Deletes the journal: its results are in the score file.
    pub fn remove(self) -> Result<()> {
        remove_leftover(&self.path)
    }
}

/// Deletes a journal whose score file is complete, if it is still there.
pub(super) fn remove_leftover(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, "cannot be deleted")(error)),
        _ => Ok(()),
    }
}

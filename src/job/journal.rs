//! The journal: a line a network and seed, as soon as it is scored.

use super::Manifest;
use super::plan::{Item, Plan};
use crate::lines::{Lines, Place};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
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

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    lines: Lines,
    places: HashMap<Item, Place>,
}

impl Journal {
    /// Opens the journal at `path`, or starts it; results that are there already are kept. An error if it cannot be
    /// written, was made with other settings, or is in use by another process.
    pub fn open(path: &Path, manifest: &Manifest, plan: &Plan) -> Result<Self> {
        let labels: HashMap<&str, usize> =
            plan.networks.iter().enumerate().map(|(place, network)| (network.label.as_str(), place)).collect();
        let mut places = HashMap::new();
        let check = |found: &_| manifest.check_against(found, path);
        let lines = Lines::open(path, manifest, check, |place, line: Line| {
            let network = labels.get(line.network.as_str());
            let network = *network.ok_or_else(|| format!("unknown network `{}`", line.network))?;
            places.insert(Item { network, seed: line.seed }, place);
            Ok(())
        })?;
        Ok(Journal { lines, places })
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
        let place = self.lines.append(&line)?;
        self.places.insert(item, place);
        Ok(())
    }

    /// A result that is there.
    pub fn get(&self, item: Item) -> Result<Vec<Entry>> {
        let path = self.lines.path().display();
        let place = self.places.get(&item);
        let place = place.ok_or_else(|| Error::Internal(format!("{path} lacks a result under seed {}", item.seed)))?;
        Ok(self.lines.read::<Line>(*place)?.scores)
    }

    /// Deletes the journal: its results are in the score file.
    pub fn remove(self) -> Result<()> {
        remove_leftover(self.lines.path())
    }
}

/// Deletes a journal whose score file is complete, if it is still there.
pub(super) fn remove_leftover(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, "cannot be deleted")(error)),
        _ => Ok(()),
    }
}

//! The journal: an append-only file of results, one JSON line per network and seed, beneath the manifest's line.

use super::Manifest;
use super::plan::{Item, Plan};
use super::results::Results;
use crate::results::{Entry, Lines, Place};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use zeronas_proxies::Score;

/// One line: a network under a seed, and the scores of the proxies that run the network.
#[derive(Serialize, Deserialize)]
struct Line {
    network: String,
    seed: u64,
    scores: Vec<Entry>,
    /// Whether the reference engine ran it in place of the one asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    on_reference: bool,
}

/// An open journal. The file is locked while it is.
#[derive(Debug)]
pub(super) struct Journal {
    lines: Lines,
    /// The position of each result.
    places: HashMap<Item, Place>,
    /// Networks that the reference engine ran in place of the one asked for.
    on_reference: HashSet<usize>,
}

impl Journal {
    /// Opens the journal at `path` and keeps the results in it, or starts a new one. Fails if it cannot be written, was made with other
    /// settings, or is in use by another process.
    pub fn open(path: &Path, manifest: &Manifest, plan: &Plan) -> Result<Self> {
        let labels: HashMap<&str, usize> =
            plan.networks.iter().enumerate().map(|(place, network)| (network.label.as_str(), place)).collect();
        let mut places = HashMap::new();
        let mut on_reference = HashSet::new();
        let mut lines = Lines::open(path, |line| {
            if line.number == 1 {
                return manifest.check_against(&line.parse()?, path);
            }
            let result: Line = line.parse()?;
            let unknown = || line.wrong(format!("has the unknown network `{}`", result.network));
            let network = *labels.get(result.network.as_str()).ok_or_else(unknown)?;
            places.insert(Item { network, seed: result.seed }, line.place);
            on_reference.extend(result.on_reference.then_some(network));
            Ok(())
        })?;
        if lines.is_empty() {
            lines.append(manifest)?;
        }
        Ok(Journal { lines, places, on_reference })
    }

    /// The number of networks that ran on the reference engine instead of the one asked for.
    pub fn on_reference(&self) -> usize {
        self.on_reference.len()
    }

    /// Deletes the journal: its results are in the score file.
    pub fn remove(self) -> Result<()> {
        self.lines.remove()
    }
}

impl Results for Journal {
    fn has(&self, item: Item) -> bool {
        self.places.contains_key(&item)
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn append(&mut self, item: Item, label: &str, scores: &[Score], on_reference: bool) -> Result<()> {
        let scores = scores.iter().map(Entry::from).collect();
        let place = self.lines.append(&Line { network: label.into(), seed: item.seed, scores, on_reference })?;
        self.on_reference.extend(on_reference.then_some(item.network));
        self.places.insert(item, place);
        Ok(())
    }

    fn get(&self, item: Item) -> Result<Vec<Entry>> {
        let Some(&place) = self.places.get(&item) else {
            let path = self.lines.path().display();
            return Err(Error::Internal(format!("{path} lacks a result under seed {}", item.seed)));
        };
        Ok(self.lines.get::<Line>(place)?.scores)
    }
}

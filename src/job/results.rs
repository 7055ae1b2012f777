//! Where a job keeps what it has measured.

use super::plan::Item;
use crate::results::Entry;
use crate::{Error, Result};
use std::collections::HashMap;
use zeronas_proxies::Score;

/// The results of each network and seed.
pub(super) trait Results: Send {
    /// Whether a result is there.
    fn has(&self, item: Item) -> bool;

    /// Number of results.
    fn len(&self) -> usize;

    /// Adds the scores of the network called `label`, and whether it ran on the reference engine instead of the one asked for.
    fn append(&mut self, item: Item, label: &str, scores: &[Score], on_reference: bool) -> Result<()>;

    /// Returns an existing result.
    fn get(&self, item: Item) -> Result<Vec<Entry>>;
}

/// Results in memory, lost when the process ends.
#[derive(Default)]
pub(super) struct Memory(HashMap<Item, Vec<Entry>>);

impl Results for Memory {
    fn has(&self, item: Item) -> bool {
        self.0.contains_key(&item)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn append(&mut self, item: Item, _label: &str, scores: &[Score], _on_reference: bool) -> Result<()> {
        self.0.insert(item, scores.iter().map(Entry::from).collect());
        Ok(())
    }

    fn get(&self, item: Item) -> Result<Vec<Entry>> {
        let missing = || Error::Internal(format!("a result under seed {} is lacking", item.seed));
        self.0.get(&item).cloned().ok_or_else(missing)
    }
}

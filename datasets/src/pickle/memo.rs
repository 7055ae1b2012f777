//! The pickle's memo: the objects that later parts of a file refer back to.

use std::collections::{HashMap, HashSet};

use super::Value;
use super::op::Fault;

/// Number of latest objects that are all in the memo. A record has some ten thousand.
pub(crate) const NEAR: usize = 1 << 17;
/// Bound on the objects referred to from farther away.
const MOST_FAR: usize = 1 << 20;

/// Numbers of the objects that are referred to from more than [`NEAR`] objects away.
#[derive(Clone, Debug, Default)]
pub(crate) struct Far(HashSet<u32>);

impl Far {
    /// Records a reference to object `id` while `latest` is the newest one.
    pub(super) fn note(&mut self, id: u32, latest: u32) -> Result<(), Fault> {
        if latest.saturating_sub(id) as usize >= NEAR {
            self.0.insert(id);
        }
        if self.0.len() > MOST_FAR {
            return Err(format!("more than {MOST_FAR} objects are referred to from far away").into());
        }
        Ok(())
    }
}

pub(super) struct Memo {
    /// Object `id` at place `id % NEAR`, unless a newer one has taken the place.
    near: Vec<Option<(u32, Value)>>,
    far: HashMap<u32, Option<Value>>,
}

impl Memo {
    pub(super) fn new(far: &Far) -> Self {
        Memo { near: Vec::new(), far: far.0.iter().map(|&id| (id, None)).collect() }
    }

    pub(super) fn put(&mut self, id: u32, value: Value) {
        let place = id as usize % NEAR;
        if place >= self.near.len() {
            self.near.resize(place + 1, None);
        }
        self.near[place] = Some((id, value));
        if let Some(kept) = self.far.get_mut(&id) {
            *kept = Some(value);
        }
    }

    pub(super) fn get(&self, id: u32) -> Result<Value, Fault> {
        if let Some(Some(value)) = self.far.get(&id) {
            return Ok(*value);
        }
        match self.near.get(id as usize % NEAR) {
            Some(Some((found, value))) if *found == id => Ok(*value),
            _ => Err(format!("refers to object {id} of the memo, which is not there").into()),
        }
    }
}

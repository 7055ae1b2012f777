//! A population whose oldest members make room for new ones, however good they are.

use super::{Evaluated, revised};
use crate::Result;
use crate::space::Arch;
use std::collections::{HashMap, VecDeque};

/// At most `size` members, each with its value.
pub(super) struct Population {
    size: usize,
    /// The oldest first.
    members: VecDeque<(Arch, f64)>,
}

impl Population {
    /// An empty population for `size` members.
    pub fn new(size: usize) -> Self {
        Population { size, members: VecDeque::new() }
    }

    /// How many it has.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Number of members still missing.
    pub fn missing(&self) -> usize {
        self.size.saturating_sub(self.members.len())
    }

    /// Returns a member; the oldest has number 0.
    pub fn arch(&self, member: usize) -> &Arch {
        &self.members[member].0
    }

    /// A member's value.
    pub fn value(&self, member: usize) -> f64 {
        self.members[member].1
    }

    /// Adds new members and removes the oldest in excess of the size.
    pub fn admit(&mut self, seen: &[Evaluated]) -> Result<()> {
        for evaluated in seen {
            self.members.push_back((evaluated.arch.clone(), evaluated.feedback()?));
        }
        let excess = self.members.len().saturating_sub(self.size);
        self.members.drain(..excess);
        Ok(())
    }

    /// Gives members the first of their new values.
    pub fn revise(&mut self, values: &HashMap<Arch, Vec<f64>>) {
        for (arch, value) in &mut self.members {
            if let Some(new) = revised(values, arch) {
                *value = new;
            }
        }
    }
}

//! A population whose oldest members make room for new ones, however good they are.

use super::{Evaluated, revised};
use crate::Result;
use crate::space::Arch;
use std::collections::{HashMap, VecDeque};

/// So many members at most, each with its value.
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

    /// How many more it has room for.
    pub fn missing(&self) -> usize {
        self.size.saturating_sub(self.members.len())
    }

    /// A member, the oldest being number 0.
    pub fn arch(&self, member: usize) -> &Arch {
        &self.members[member].0
    }

    /// A member's value.
    pub fn value(&self, member: usize) -> f64 {
        self.members[member].1
    }

    /// Takes up new members; the oldest go.
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

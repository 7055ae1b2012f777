//! `every`: the whole space, each architecture once, in a random order.
//!
//! This is for evaluations that cost next to nothing, so that the best of the whole space by a proxy can be trained. The order only decides
//! which of several equal scores comes first.

use super::recipe::fields;
use super::{Dice, Evaluated, Recipe, Start, Strategy};
use crate::space::{Arch, SearchSpace, numbered};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The strategy `every` has no settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Every {}

/// Its name.
pub const EVERY: &str = "every";

impl Recipe for Every {
    fn name(&self) -> &'static str {
        EVERY
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        if !start.seeds.is_empty() {
            return Err(Error::setting("warmup", "every architecture comes anyway"));
        }
        start.refuse_moves(EVERY)?;
        let size = numbered(&*start.space, "strategy", MOST)?.size();
        let mut order: Vec<u128> = (0..size).collect();
        Dice::new(EVERY, start.seed, start.run).shuffle(&mut order);
        Ok(Box::new(Search { space: start.space, order }))
    }
}

/// The largest space that is enumerated.
const MOST: u128 = 10_000_000;

/// Architectures at a time.
const BATCH: usize = 1024;

struct Search {
    space: Arc<dyn SearchSpace>,
    /// The places in the space that are left, the next last.
    order: Vec<u128>,
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let all = numbered(&*self.space, "strategy", MOST)?;
        let mut archs = Vec::new();
        while archs.is_empty() && !self.order.is_empty() {
            for place in self.order.split_off(self.order.len().saturating_sub(BATCH)).into_iter().rev() {
                let arch = all.nth(place);
                if self.space.admits(&arch)? {
                    archs.push(arch);
                }
            }
        }
        Ok(archs)
    }

    fn tell(&mut self, _: &[Evaluated]) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::NatsTss;
    use std::collections::HashSet;

    #[test]
    fn every_architecture_comes_once_and_then_none() {
        let mut search = Every {}.start(Start::new(Arc::new(NatsTss::default()), 0, 1)).unwrap();
        let mut seen = HashSet::new();
        loop {
            let asked = search.ask().unwrap();
            if asked.is_empty() {
                break;
            }
            asked.into_iter().for_each(|arch| assert!(seen.insert(arch)));
            search.tell(&[]).unwrap();
        }
        assert_eq!(seen.len(), 15_625);
    }
}

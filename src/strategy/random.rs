//! `random`: architectures drawn as by the benchmark's own programs, each independently of the others. A warmed-up search proposes the best
//! of its pool first.

use super::recipe::fields;
use super::{Evaluated, Recipe, Source, Start, Strategy};
use crate::Result;
use crate::space::Arch;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Random search has nothing to set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Random {}

impl Recipe for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        Ok(Box::new(Search { source: start.source_without_moves(self.name())? }))
    }
}

/// Number of draws per ask. It determines how many can be evaluated in parallel, but not which are drawn.
const BATCH: usize = 16;

struct Search {
    source: Source,
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        (0..BATCH).map(|_| self.source.next()).collect()
    }

    fn tell(&mut self, _: &[Evaluated]) -> Result<()> {
        Ok(())
    }
}

//! A fast engine, and the reference for what it does not take.

use super::{CandleEngine, Engine, Outcome, Pass, Watcher};
use crate::Result;
use crate::network::{Network, Weights};

/// Runs what a fast engine takes on it, and every other network on the reference engine.
#[derive(Debug)]
pub struct Fallback<E> {
    fast: E,
    reference: CandleEngine,
}

impl<E: Engine> Fallback<E> {
    /// The reference on the CPU beside this engine.
    pub fn new(fast: E) -> Self {
        Fallback { fast, reference: CandleEngine::cpu() }
    }
}

impl<E: Engine> Engine for Fallback<E> {
    /// It takes every network.
    fn takes(&self, _net: &Network) -> Result<()> {
        Ok(())
    }

    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        watchers: &mut [Watcher<'_>],
    ) -> Result<Outcome> {
        match self.fast.takes(net) {
            Ok(()) => self.fast.run(net, weights, pass, watchers),
            Err(_) => self.reference.run(net, weights, pass, watchers),
        }
    }

    fn falls_back(&self, net: &Network) -> bool {
        self.fast.takes(net).is_err()
    }

    fn make_room(&mut self) -> bool {
        self.fast.make_room()
    }
}

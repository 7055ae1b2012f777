//! A fast engine, with the reference engine for networks that it does not support.

use super::{CandleEngine, Engine, Outcome, Pass, Watch, Watcher};
use crate::Result;
use crate::network::{Network, Weights};

/// Runs networks that a fast engine supports on it, and all others on the reference engine.
#[derive(Debug)]
pub struct Fallback<E> {
    fast: E,
    reference: CandleEngine,
}

impl<E: Engine> Fallback<E> {
    /// Creates a fallback from this engine to the reference engine on the CPU.
    pub fn new(fast: E) -> Self {
        Fallback { fast, reference: CandleEngine::cpu() }
    }
}

impl<E: Engine> Engine for Fallback<E> {
    /// Accepts every network.
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

    fn memory(&self, net: &Network, pass: &Pass<'_>, watches: &[Watch]) -> Option<usize> {
        self.fast.memory(net, pass, watches)
    }

    fn make_room(&mut self) -> bool {
        self.fast.make_room()
    }
}

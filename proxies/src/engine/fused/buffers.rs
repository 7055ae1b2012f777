//! Planes that are used again, within a network and from one network to the next: a fresh one costs page faults that
//! take longer than the arithmetic on it.

use super::lanes::Float;
use super::layout::{Layout, Plane};

/// Runs after which a plane that nobody took is given back to the system.
const IDLE_RUNS: u64 = 32;

/// Planes nobody uses at the moment.
#[derive(Debug)]
pub(super) struct Buffers<F> {
    free: Vec<(Plane<F>, u64)>,
    runs: u64,
}

impl<F> Default for Buffers<F> {
    fn default() -> Self {
        Buffers { free: Vec::new(), runs: 0 }
    }
}

impl<F: Float> Buffers<F> {
    /// A plane whose border is zero and whose pixels hold anything. Borders stay zero because a plane is reused under
    /// one layout only, and nothing writes to borders.
    pub fn take(&mut self, layout: Layout) -> Plane<F> {
        match self.free.iter().rposition(|(plane, _)| plane.layout() == layout) {
            Some(place) => self.free.swap_remove(place).0,
            None => Plane::zeros(layout),
        }
    }

    /// Gives a plane back.
    pub fn give(&mut self, plane: Plane<F>) {
        self.free.push((plane, self.runs));
    }

    /// Marks the end of a run: planes that stood idle for long are let go.
    pub fn end_run(&mut self) {
        self.runs += 1;
        let runs = self.runs;
        self.free.retain(|(_, last)| runs - last <= IDLE_RUNS);
    }
}

//! Reuse of planes, within a network and from one network to the next: the page faults of a fresh plane take longer than the
//! arithmetic on it.

use super::lanes::Float;
use super::layout::{Layout, Plane};

/// Number of runs after which an unused plane is returned to the system.
const IDLE_RUNS: u64 = 32;

/// Bytes that planes may always take, however little the networks so far needed.
const ALWAYS: usize = 256 << 20;

/// The planes that are not in use, and the total bytes of all planes.
#[derive(Debug)]
pub(super) struct Buffers<F> {
    free: Vec<(Plane<F>, u64)>,
    runs: u64,
    /// Bytes in planes that are taken.
    taken: usize,
    /// The most bytes ever taken at one time.
    most_taken: usize,
    /// Bytes in planes that are taken or free.
    held: usize,
}

impl<F> Default for Buffers<F> {
    fn default() -> Self {
        Buffers { free: Vec::new(), runs: 0, taken: 0, most_taken: 0, held: 0 }
    }
}

impl<F: Float> Buffers<F> {
    /// Returns a plane whose border is zero and whose pixels hold arbitrary values. Borders stay zero because a plane is reused
    /// only for the same layout, and nothing writes to borders.
    pub fn take(&mut self, layout: Layout) -> Plane<F> {
        let bytes = bytes::<F>(layout);
        self.taken += bytes;
        self.most_taken = self.most_taken.max(self.taken);
        match self.free.iter().rposition(|(plane, _)| plane.layout() == layout) {
            Some(place) => self.free.swap_remove(place).0,
            None => {
                self.make_room(bytes);
                self.held += bytes;
                Plane::zeros(layout)
            }
        }
    }

    /// Gives a plane back.
    pub fn give(&mut self, plane: Plane<F>) {
        self.taken -= bytes::<F>(plane.layout());
        self.free.push((plane, self.runs));
    }

    /// Marks the end of a run and releases planes that have been idle for long.
    pub fn end_run(&mut self) {
        self.runs += 1;
        let (runs, held) = (self.runs, &mut self.held);
        self.free.retain(|(plane, last)| {
            let stays = runs - last <= IDLE_RUNS;
            *held -= if stays { 0 } else { bytes::<F>(plane.layout()) };
            stays
        });
    }

    /// Releases free planes, the longest idle first, until `bytes_more` can be added without exceeding the most that was taken at
    /// one time: planes of many layouts must not add up to the memory of several networks.
    fn make_room(&mut self, bytes_more: usize) {
        while self.held + bytes_more > self.most_taken.max(ALWAYS) {
            let Some(idlest) = (0..self.free.len()).min_by_key(|&place| self.free[place].1) else { return };
            self.held -= bytes::<F>(self.free.swap_remove(idlest).0.layout());
        }
    }
}

fn bytes<F>(layout: Layout) -> usize {
    layout.len() * size_of::<F>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_of_many_layouts_take_no_more_than_the_largest_network() {
        let mut buffers = Buffers::<f32>::default();
        for less in 0..8 {
            let layout = Layout::flat((64 << 20) / size_of::<f32>() - less);
            let planes = [(); 3].map(|()| buffers.take(layout));
            planes.into_iter().for_each(|plane| buffers.give(plane));
            buffers.end_run();
            assert!(buffers.held <= ALWAYS && buffers.taken == 0);
        }
        let held: usize = buffers.free.iter().map(|(plane, _)| bytes::<f32>(plane.layout())).sum();
        assert_eq!(held, buffers.held);
    }
}

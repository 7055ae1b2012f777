//! Reuse of planes, within a network and from one network to the next: the page faults of a fresh plane take longer than the
//! arithmetic on it.

use super::arena::{Arena, FIRST};
use super::lanes::Float;
use super::layout::Layout;
use super::plane::Plane;
use std::marker::PhantomData;

/// Bytes that planes may take in any case, however little the networks so far needed.
pub(super) const ALWAYS: usize = FIRST;

/// Number of runs after which memory of which they needed less than a quarter goes back to the system.
const IDLE_RUNS: u64 = 32;

/// Bytes of a plane that is not to lie among large ones, where it would divide what is free.
const SMALL: usize = 1 << 20;

/// The memory of planes.
#[derive(Debug)]
pub(super) struct Buffers<F> {
    large: Arena,
    small: Arena,
    /// Bytes in planes that are taken.
    taken: usize,
    /// The most bytes taken at one time since the last multiple of [`IDLE_RUNS`].
    most_taken: usize,
    runs: u64,
    numbers: PhantomData<F>,
}

impl<F> Default for Buffers<F> {
    fn default() -> Self {
        let [large, small] = [Arena::default(), Arena::default()];
        Buffers { large, small, taken: 0, most_taken: 0, runs: 0, numbers: PhantomData }
    }
}

impl<F: Float> Buffers<F> {
    /// Returns a plane whose border is zero and whose pixels hold arbitrary values. Nothing writes to borders, so they stay zero as long
    /// as the plane keeps its layout.
    pub fn take(&mut self, layout: Layout) -> Plane<F> {
        let bytes = layout.len() * size_of::<F>();
        let plane = match self.arena(bytes).take(layout, bytes) {
            Some((part, true)) => Plane::again_on(part, layout),
            Some((part, false)) => Plane::on(part, layout),
            None => Plane::zeros(layout),
        };
        self.taken += bytes;
        self.most_taken = self.most_taken.max(self.taken);
        #[cfg(test)]
        let plane = plane.spoiled();
        plane
    }

    /// Gives a plane back.
    pub fn give(&mut self, plane: Plane<F>) {
        let layout = plane.layout();
        let bytes = layout.len() * size_of::<F>();
        self.taken -= bytes;
        if let Some(part) = plane.into_part() {
            self.arena(bytes).give(part, layout);
        }
    }

    /// Where planes of this size lie.
    fn arena(&mut self, bytes: usize) -> &mut Arena {
        if bytes < SMALL { &mut self.small } else { &mut self.large }
    }

    /// The most bytes taken at one time lately.
    #[cfg(test)]
    pub fn most_taken(&self) -> usize {
        self.most_taken
    }

    /// Whether every plane was given back.
    #[cfg(test)]
    pub fn has_all(&self) -> bool {
        self.taken == 0
    }

    /// Makes room for a run in another precision that takes `bytes`, unless one of the two is small.
    pub fn make_way(&mut self, bytes: impl FnOnce() -> usize) {
        if self.large.bytes() > ALWAYS && bytes() > ALWAYS {
            self.large.clear();
        }
    }

    /// Marks the end of a run, after which no plane is taken.
    pub fn end_run(&mut self) {
        self.runs += 1;
        if self.runs.is_multiple_of(IDLE_RUNS) {
            let needed = std::mem::take(&mut self.most_taken);
            if self.large.bytes() > ALWAYS.max(4 * needed) {
                self.large.clear();
            }
        }
    }

    /// Releases everything, for example after a run that failed and gave nothing back.
    pub fn clear(&mut self) {
        self.large.clear();
        self.small.clear();
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_of_another_layout_is_taken_with_a_border_of_zeros() {
        // Among small planes and among large ones.
        for images in [4, 400] {
            let mut buffers = Buffers::<f32>::default();
            let layout = |height, border| Layout { images, height, width: 20, channels: 8, border };
            let mut plane = buffers.take(layout(20, 0));
            plane.all_mut().fill(1.0);
            let numbers = plane.all().as_ptr();
            buffers.give(plane);
            for _ in 0..2 {
                let plane = buffers.take(layout(15, 1));
                assert_eq!(plane.all().as_ptr(), numbers, "the same memory");
                let is_inside = |row: usize, column: usize| (1..16).contains(&row) && (1..21).contains(&column);
                for (place, pixel) in plane.all().chunks(8).enumerate() {
                    let (row, column) = (place / 22 % 17, place % 22);
                    assert!(is_inside(row, column) || pixel.iter().all(|&number| number == 0.0), "{row}, {column}");
                }
                buffers.give(plane);
            }
        }
    }

    #[test]
    fn planes_make_way_for_another_precision_if_both_are_large() {
        let mut buffers = Buffers::<f64>::default();
        let planes = [(); 3].map(|()| buffers.take(Layout::flat((32 << 20) / size_of::<f64>())));
        planes.into_iter().for_each(|plane| buffers.give(plane));
        let held = buffers.large.bytes();
        assert!(held >= 96 << 20);
        buffers.make_way(|| ALWAYS);
        assert_eq!(buffers.large.bytes(), held);
        buffers.make_way(|| ALWAYS + 1);
        assert_eq!(buffers.large.bytes(), 0);
    }

    #[test]
    fn planes_of_many_layouts_take_no_more_than_those_of_one() {
        let mut buffers = Buffers::<f32>::default();
        // Each a third smaller than the one before, so that none has another's layout.
        let mut len = (16 << 20) / size_of::<f32>();
        for _ in 0..8 {
            let planes = [(); 3].map(|()| buffers.take(Layout::flat(len)));
            planes.into_iter().for_each(|plane| buffers.give(plane));
            buffers.end_run();
            len = len / 3 * 2;
        }
        assert_eq!((buffers.large.bytes(), buffers.has_all()), (FIRST, true));
    }

    #[test]
    fn memory_that_is_hardly_needed_any_more_goes_back_to_the_system() {
        let mut buffers = Buffers::<f32>::default();
        let mut run = |bytes: usize| {
            let plane = buffers.take(Layout::flat(bytes / size_of::<f32>()));
            let numbers = plane.all().as_ptr();
            buffers.give(plane);
            buffers.end_run();
            (numbers, buffers.large.bytes())
        };
        let first = run(100 << 20);
        for _ in 0..2 * IDLE_RUNS {
            assert_eq!(run(100 << 20), first, "what is needed stays");
        }
        (0..2 * IDLE_RUNS).for_each(|_| _ = run(10 << 20));
        assert_eq!(run(10 << 20).1, FIRST);
    }
}

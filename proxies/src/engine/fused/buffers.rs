//! Reuse of planes, within a network and from one network to the next: the page faults of a fresh plane take longer than the
//! arithmetic on it.

use super::arena::{Arena, FIRST};
use super::lanes::Float;
use super::layout::Layout;
use super::plane::Plane;
use std::marker::PhantomData;

/// Bytes that planes may always take, however little the networks so far needed.
pub(super) const ALWAYS: usize = FIRST;

/// Bytes of a plane that is not to lie among large ones, where it would divide what is free.
const SMALL: usize = 1 << 20;

/// The memory of planes.
#[derive(Debug)]
pub(super) struct Buffers<F> {
    large: Arena,
    small: Arena,
    /// Bytes in planes that are taken.
    taken: usize,
    /// The most bytes ever taken at one time.
    most_taken: usize,
    numbers: PhantomData<F>,
}

impl<F> Default for Buffers<F> {
    fn default() -> Self {
        Buffers { large: Arena::default(), small: Arena::default(), taken: 0, most_taken: 0, numbers: PhantomData }
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

    /// The most bytes ever taken at one time.
    #[cfg(test)]
    pub fn most_taken(&self) -> usize {
        self.most_taken
    }

    /// Makes room for a run in another precision that takes `bytes`, unless one of the two is small.
    pub fn make_way(&mut self, bytes: impl FnOnce() -> usize) {
        if self.large.bytes() > ALWAYS && bytes() > ALWAYS {
            self.large.clear();
        }
    }

    /// Marks the end of a run and releases memory that has been idle for long.
    pub fn end_run(&mut self) {
        self.large.end_run();
        self.small.end_run();
        // The planes of a run that failed are not given back.
        if std::mem::take(&mut self.taken) > 0 {
            self.large.clear();
            self.small.clear();
        }
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
    fn planes_that_a_failed_run_dropped_are_not_missed() {
        let mut buffers = Buffers::<f32>::default();
        drop(buffers.take(Layout::flat(1 << 20)));
        buffers.end_run();
        assert_eq!((buffers.taken, buffers.large.bytes()), (0, 0));
    }
}

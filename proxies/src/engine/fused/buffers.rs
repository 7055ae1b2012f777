//! Reuse of planes, within a network and from one network to the next: the page faults of a fresh plane take longer than the
//! arithmetic on it.

use super::lanes::Float;
use super::layout::Layout;
use super::plane::Plane;

/// Number of runs after which an unused plane is returned to the system.
const IDLE_RUNS: u64 = 32;

/// Bytes that planes may always take, however little the networks so far needed.
pub(super) const ALWAYS: usize = 64 << 20;

/// Bytes of planes from which on gaps between them matter, so that all but small ones get pages of their own.
const LARGE: usize = 1 << 30;

/// Bytes of a plane for which pages of its own are too much.
const SMALL: usize = 1 << 20;

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
    /// Returns a plane whose border is zero and whose pixels hold arbitrary values. Nothing writes to borders, so they stay zero as long
    /// as the plane keeps its layout.
    pub fn take(&mut self, layout: Layout) -> Plane<F> {
        let same = self.free.iter().rposition(|(plane, _)| plane.layout() == layout);
        let plane = match same.or_else(|| self.free_for(layout)) {
            Some(place) => {
                let mut plane = self.free.swap_remove(place).0;
                plane.lay_out(layout);
                plane
            }
            None => {
                let bytes = layout.len() * size_of::<F>();
                self.make_room(bytes);
                self.held += bytes;
                let apart = self.most_taken > LARGE && bytes > SMALL;
                if apart { Plane::zeros_in_own_pages(layout) } else { Plane::zeros(layout) }
            }
        };
        self.taken += plane.bytes();
        self.most_taken = self.most_taken.max(self.taken);
        plane
    }

    /// The place of a free plane of another layout that has room for this one and not much more.
    fn free_for(&self, layout: Layout) -> Option<usize> {
        let needed = layout.len() * size_of::<F>();
        let fits = |(plane, _): &(Plane<F>, u64)| (needed..=needed / 4 * 5).contains(&plane.bytes());
        self.free.iter().position(fits)
    }

    /// Gives a plane back.
    pub fn give(&mut self, plane: Plane<F>) {
        self.taken -= plane.bytes();
        self.free.push((plane, self.runs));
    }

    /// The most bytes ever taken at one time.
    #[cfg(test)]
    pub fn most_taken(&self) -> usize {
        self.most_taken
    }

    /// Makes room for a run in another precision that takes `bytes`, unless one of the two is small.
    pub fn make_way(&mut self, bytes: impl FnOnce() -> usize) {
        let free: usize = self.free.iter().map(|(plane, _)| plane.bytes()).sum();
        if free <= ALWAYS {
            return;
        }
        let bytes = bytes();
        if bytes > ALWAYS {
            self.make_room(bytes);
        }
    }

    /// Marks the end of a run and releases planes that have been idle for long.
    pub fn end_run(&mut self) {
        self.runs += 1;
        let (runs, held) = (self.runs, &mut self.held);
        self.free.retain(|(plane, last)| {
            let stays = runs - last <= IDLE_RUNS;
            *held -= if stays { 0 } else { plane.bytes() };
            stays
        });
    }

    /// Releases free planes, the longest idle first, until `bytes_more` can be added without exceeding the most that was taken at
    /// one time: planes of many layouts must not add up to the memory of several networks.
    fn make_room(&mut self, bytes_more: usize) {
        while self.held + bytes_more > self.most_taken.max(ALWAYS) {
            let Some(idlest) = (0..self.free.len()).min_by_key(|&place| self.free[place].1) else { return };
            self.held -= self.free.swap_remove(idlest).0.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_of_many_layouts_take_no_more_than_the_largest_network() {
        let mut buffers = Buffers::<f32>::default();
        // Each a third smaller than the one before, so that none has room for another's layout.
        let mut len = (16 << 20) / size_of::<f32>();
        for _ in 0..8 {
            let planes = [(); 3].map(|()| buffers.take(Layout::flat(len)));
            planes.into_iter().for_each(|plane| buffers.give(plane));
            buffers.end_run();
            assert!(buffers.held <= ALWAYS && buffers.taken == 0);
            len = len / 3 * 2;
        }
        let held: usize = buffers.free.iter().map(|(plane, _)| plane.bytes()).sum();
        assert_eq!(held, buffers.held);
    }

    #[test]
    fn planes_make_way_for_another_precision_if_both_are_large() {
        let mut buffers = Buffers::<f64>::default();
        let planes = [(); 3].map(|()| buffers.take(Layout::flat((32 << 20) / size_of::<f64>())));
        planes.into_iter().for_each(|plane| buffers.give(plane));
        buffers.make_way(|| ALWAYS);
        assert_eq!(buffers.held, 96 << 20);
        buffers.make_way(|| 65 << 20);
        assert_eq!((buffers.held, buffers.free.len()), (0, 0));
    }

    #[test]
    fn a_plane_of_another_layout_is_taken_with_a_border_of_zeros() {
        // On the heap, and in pages of its own.
        for most_taken in [0, 2 * LARGE] {
            let mut buffers = Buffers::<f32> { most_taken, ..Buffers::default() };
            let images = 400;
            let layout = |height, border| Layout { images, height, width: 20, channels: 8, border };
            let mut plane = buffers.take(layout(20, 0));
            plane.all_mut().fill(1.0);
            let numbers = plane.all().as_ptr();
            buffers.give(plane);
            let plane = buffers.take(layout(15, 1));
            assert_eq!(plane.all().as_ptr(), numbers);
            let is_inside = |row: usize, column: usize| (1..16).contains(&row) && (1..21).contains(&column);
            for (place, pixel) in plane.all().chunks(8).enumerate() {
                let (row, column) = (place / 22 % 17, place % 22);
                assert!(is_inside(row, column) || pixel.iter().all(|&number| number == 0.0), "{row}, {column}");
            }
            buffers.give(plane);
            let smaller = buffers.take(layout(9, 0));
            assert_eq!(smaller.bytes(), 4 * smaller.layout().len(), "a plane of its own");
        }
    }
}

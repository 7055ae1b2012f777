//! The memory of activations.

use super::arena::Part;
use super::lanes::Float;
use super::layout::{CACHE_LINE, Layout};
use crate::engine::View;
use crate::network::Shape;

/// Activations or gradients, or any other run of numbers, in a buffer that starts on a cache line.
#[derive(Debug)]
pub(super) struct Plane<F> {
    room: Room<F>,
    layout: Layout,
}

#[derive(Debug)]
enum Room<F> {
    /// Numbers, and the first of them that is on a cache line.
    Heap(Vec<F>, usize),
    /// A part of memory that planes share.
    Part(Part),
}

impl<F: Float> Room<F> {
    fn numbers(&self) -> &[F] {
        match self {
            Room::Heap(numbers, first) => &numbers[*first..],
            Room::Part(part) => bytemuck::cast_slice(part.bytes()),
        }
    }

    fn numbers_mut(&mut self) -> &mut [F] {
        match self {
            Room::Heap(numbers, first) => &mut numbers[*first..],
            Room::Part(part) => bytemuck::cast_slice_mut(part.bytes_mut()),
        }
    }
}

impl<F: Float> Plane<F> {
    /// Creates a plane of zeros on the heap.
    pub fn zeros(layout: Layout) -> Self {
        let line = CACHE_LINE / size_of::<F>();
        let numbers = vec![F::default(); layout.len() + line];
        let first = numbers.as_ptr().align_offset(CACHE_LINE).min(line);
        Plane { room: Room::Heap(numbers, first), layout }
    }

    /// Creates a plane whose pixels are what lies in this memory, and whose border is zero.
    pub fn on(part: Part, layout: Layout) -> Self {
        let mut plane = Plane { room: Room::Part(part), layout };
        plane.clear_border();
        plane
    }

    /// Creates a plane on memory whose border is zero, because a plane of the same layout had it before.
    pub fn again_on(part: Part, layout: Layout) -> Self {
        Plane { room: Room::Part(part), layout }
    }

    /// Returns its memory, unless it is on the heap.
    pub fn into_part(self) -> Option<Part> {
        match self.room {
            Room::Heap(..) => None,
            Room::Part(part) => Some(part),
        }
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Fills its pixels with what is not a number, since nothing may depend on what they held.
    #[cfg(test)]
    pub fn spoiled(mut self) -> Self {
        self.all_mut().fill(F::from_f64(f64::NAN));
        self.clear_border();
        self
    }

    fn clear_border(&mut self) {
        let layout = self.layout;
        let (row, beside) = (layout.row(), layout.border * layout.channels);
        if layout.border == 0 || layout.image() == 0 {
            return;
        }
        for image in self.all_mut().chunks_exact_mut(layout.image()) {
            for (place, row) in image.chunks_exact_mut(row).enumerate() {
                if (layout.border..layout.border + layout.height).contains(&place) {
                    row[..beside].fill(F::default());
                    row[beside + layout.row_len()..].fill(F::default());
                } else {
                    row.fill(F::default());
                }
            }
        }
    }

    /// All numbers.
    pub fn all(&self) -> &[F] {
        &self.room.numbers()[..self.layout.len()]
    }

    /// All numbers.
    pub fn all_mut(&mut self) -> &mut [F] {
        let len = self.layout.len();
        &mut self.room.numbers_mut()[..len]
    }

    /// One image with its border.
    pub fn image(&self, n: usize) -> &[F] {
        let size = self.layout.image();
        &self.all()[n * size..(n + 1) * size]
    }

    /// One image with its border.
    pub fn image_mut(&mut self, n: usize) -> &mut [F] {
        let size = self.layout.image();
        &mut self.all_mut()[n * size..(n + 1) * size]
    }

    /// Returns what an observer sees: the pixels without border and padding.
    pub fn view(&self, shape: Shape) -> View<'_> {
        let Layout { images, channels, .. } = self.layout;
        let strides = [self.layout.image(), 1, self.layout.row(), channels];
        View::strided(F::values(&self.all()[self.layout.start()..]), images, shape, strides)
    }
}

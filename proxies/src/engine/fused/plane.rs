//! The memory of activations.

use super::lanes::Float;
use super::layout::Layout;
use crate::engine::View;
use crate::network::Shape;
use memmap2::MmapMut;

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
    /// Whole pages.
    Pages(MmapMut),
}

impl<F: Float> Room<F> {
    /// Zeros.
    fn on_heap(numbers: usize) -> Self {
        let line = 64 / size_of::<F>();
        let numbers = vec![F::default(); numbers + line];
        let first = numbers.as_ptr().align_offset(64).min(line);
        Room::Heap(numbers, first)
    }

    fn numbers(&self) -> &[F] {
        match self {
            Room::Heap(numbers, first) => &numbers[*first..],
            Room::Pages(pages) => bytemuck::cast_slice(pages),
        }
    }

    fn numbers_mut(&mut self) -> &mut [F] {
        match self {
            Room::Heap(numbers, first) => &mut numbers[*first..],
            Room::Pages(pages) => bytemuck::cast_slice_mut(pages),
        }
    }
}

impl<F: Float> Plane<F> {
    /// Creates a plane of zeros.
    pub fn zeros(layout: Layout) -> Self {
        Plane { room: Room::on_heap(layout.len()), layout }
    }

    /// Creates a plane of zeros in pages of its own, if there are some. They go back to the system with the plane, where the heap might
    /// keep them as a gap between others, but getting them takes longer.
    pub fn zeros_in_own_pages(layout: Layout) -> Self {
        match MmapMut::map_anon(layout.len() * size_of::<F>()) {
            Ok(pages) => Plane { room: Room::Pages(pages), layout },
            Err(_) => Plane::zeros(layout),
        }
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The bytes that it has room for, at least.
    pub fn bytes(&self) -> usize {
        match &self.room {
            Room::Heap(numbers, _) => size_of_val(numbers.as_slice()) - 64,
            Room::Pages(pages) => pages.len(),
        }
    }

    /// Gives it a layout for which it has room, and a border of zeros.
    pub fn lay_out(&mut self, layout: Layout) {
        if layout == self.layout {
            return;
        }
        self.layout = layout;
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

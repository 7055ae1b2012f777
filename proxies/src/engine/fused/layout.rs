//! Memory layout of activations: images x rows x columns x channels, with a border of zeros around each image.
//!
//! Channels are padded with zeros to a multiple of [`LANES`], so kernels do not handle odd channel counts; the border is as wide
//! as the padding of the convolutions that read the plane, so they do not handle edges.

use crate::network::Shape;

/// Channels come in multiples of this number.
pub(super) const LANES: usize = 8;

/// Bytes of a line of cache.
pub(super) const CACHE_LINE: usize = 64;

/// Returns the number of channels with their padding.
pub(super) fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// Returns how many numbers take an odd number of cache lines and are at least as many as these. What lies that far from each other
/// shares no set of the cache with its neighbours; at distances of a large power of two, all of it would share a few.
pub(super) fn odd_lines<F>(numbers: usize) -> usize {
    let line = CACHE_LINE / size_of::<F>();
    (numbers.div_ceil(line) | 1) * line
}

/// Memory layout of a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub images: usize,
    pub height: usize,
    pub width: usize,
    /// Numbers from one pixel to the next.
    pub channels: usize,
    /// Pixels of zeros on each side.
    pub border: usize,
}

impl Layout {
    /// Returns the layout of activations of this shape, with padded channels.
    pub fn new(images: usize, shape: Shape, border: usize) -> Self {
        Layout { images, height: shape.height, width: shape.width, channels: padded(shape.channels), border }
    }

    /// Returns the layout of a plain run of `len` numbers.
    pub fn flat(len: usize) -> Self {
        Layout { images: 1, height: 1, width: 1, channels: len, border: 0 }
    }

    /// Numbers from one row to the next.
    pub fn row(&self) -> usize {
        (self.width + 2 * self.border) * self.channels
    }

    /// Numbers from one image to the next.
    pub fn image(&self) -> usize {
        (self.height + 2 * self.border) * self.row()
    }

    /// Total length of the plane, in numbers.
    pub fn len(&self) -> usize {
        self.images * self.image()
    }

    /// Index of the first pixel of an image, after the border.
    pub fn start(&self) -> usize {
        self.border * (self.row() + self.channels)
    }

    /// The pixels of its images.
    pub fn steps(&self) -> Steps {
        Steps { start: self.start(), image: self.image(), row: self.row(), column: self.channels }
    }

    /// Index of the start of a row of pixels in its image.
    pub fn row_at(&self, row: usize) -> usize {
        self.start() + row * self.row()
    }

    /// Numbers in a row of pixels, without the border.
    pub fn row_len(&self) -> usize {
        self.width * self.channels
    }
}

/// Location of the pixels of rectangles in a buffer, one in each image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// Index of the first pixel.
    pub start: usize,
    /// Numbers from one image to the next.
    pub image: usize,
    /// Numbers from one row to the next.
    pub row: usize,
    /// Numbers from one column to the next.
    pub column: usize,
}

impl Steps {
    /// Index of the first channel of a pixel.
    #[inline(always)]
    pub fn at(&self, image: usize, row: usize, column: usize) -> usize {
        self.start + image * self.image + row * self.row + column * self.column
    }

    /// Index of the last pixel of a rectangle of `rows` x `columns`, neither of which is 0, in the first image.
    pub fn last(&self, rows: usize, columns: usize) -> usize {
        self.at(0, rows - 1, columns - 1)
    }

    /// Index of the last pixel of the rectangles in that many images, of which there is at least one.
    pub fn last_of(&self, images: usize, rows: usize, columns: usize) -> usize {
        (images - 1) * self.image + self.last(rows, columns)
    }

    /// The pixels of the same rectangles from an image on, seen from another channel.
    pub fn beyond(self, images: usize, channels: usize) -> Steps {
        Steps { start: self.start + images * self.image + channels, ..self }
    }

    /// Whether the pixels of a rectangle's rows, and those of one image after another, follow each other at the same distance.
    pub fn even(&self, rows: usize, columns: usize) -> bool {
        self.row == columns * self.column && self.image == rows * self.row
    }
}

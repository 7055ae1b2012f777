//! The data of a convolution: its sizes, its tiles, and the location of pixels.

use super::transform::{OUT, PLACES};
use std::ops::Range;

/// A 3x3 convolution of stride 1 and padding 1 over a chunk of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Images in the chunk.
    pub images: usize,
    /// Rows of an image, a multiple of 4.
    pub height: usize,
    /// Columns of an image, a multiple of 4.
    pub width: usize,
    /// Input channels, a multiple of 8.
    pub inputs: usize,
    /// Output channels, a multiple of 8.
    pub outputs: usize,
}

impl Layer {
    /// Whether the kernels of this module support this layer.
    pub fn fits(&self) -> bool {
        let multiple = |size: usize, of: usize| size > 0 && size.is_multiple_of(of);
        let [down, across] = [self.height, self.width].map(|side| side.saturating_add(2));
        let sizes = [self.images, down, across, self.inputs, self.outputs, PLACES];
        // No index computed from the sizes overflows, so none can pass a bounds check by wrapping around.
        sizes.into_iter().try_fold(1, usize::checked_mul).is_some()
            && self.images > 0
            && multiple(self.height, OUT)
            && multiple(self.width, OUT)
            && multiple(self.inputs, 8)
            && multiple(self.outputs, 8)
    }

    /// Returns the layer whose forward pass is this layer's input gradient.
    pub fn transposed(self) -> Self {
        Layer { inputs: self.outputs, outputs: self.inputs, ..self }
    }

    /// Whether all channels come in multiples of 16.
    pub(super) fn sixteens(&self) -> bool {
        self.inputs.is_multiple_of(16) && self.outputs.is_multiple_of(16)
    }

    pub(super) fn tiles(&self) -> usize {
        self.images * (self.height / OUT) * (self.width / OUT)
    }

    /// Image, row and column of the upper left pixel of `tile`.
    #[inline(always)]
    pub(super) fn corner(&self, tile: usize) -> (usize, usize, usize) {
        let (down, across) = (self.height / OUT, self.width / OUT);
        let (row, column) = (tile / across, tile % across);
        (row / down, row % down * OUT, column * OUT)
    }

    /// Returns the tiles in blocks of `size`, each with the next block, which is empty after the last.
    pub(super) fn blocks(&self, size: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + use<> {
        let tiles = self.tiles();
        let block = move |first: usize| first.min(tiles)..tiles.min(first + size);
        (0..tiles).step_by(size).map(move |first| (block(first), block(first + size)))
    }

    /// Returns the numbers from the first to the last pixel of `tiles`, including those between images.
    pub(super) fn stretch<'a>(&self, values: &'a [f32], plane: Plane, tiles: Range<usize>) -> &'a [f32] {
        if tiles.is_empty() {
            return &[];
        }
        let at = |tile, down, across| {
            let (image, row, column) = self.corner(tile);
            plane.at(image, row + down, column + across)
        };
        &values[at(tiles.start, 0, 0)..at(tiles.end - 1, OUT - 1, OUT)]
    }
}

/// Location of the pixels of NHWC activations in their buffer, in floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    start: usize,
    image: usize,
    row: usize,
    channels: usize,
}

impl Plane {
    /// `[n][h][w][c]`.
    pub fn dense(height: usize, width: usize, channels: usize) -> Self {
        Plane { start: 0, image: height * width * channels, row: width * channels, channels }
    }

    /// `[n][h + 2][w + 2][c]`: a border of one pixel around each image.
    pub fn padded(height: usize, width: usize, channels: usize) -> Self {
        let row = (width + 2) * channels;
        Plane { start: row + channels, image: (height + 2) * row, row, channels }
    }

    /// Floats from one row to the next.
    pub fn row(&self) -> usize {
        self.row
    }

    /// Floats from one pixel to the next.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Index of the first channel of a pixel.
    #[inline(always)]
    pub fn at(&self, image: usize, row: usize, column: usize) -> usize {
        self.start + image * self.image + row * self.row + column * self.channels
    }

    /// Minimum length of a buffer that holds all pixels of `images` images of `height` x `width`. On overflow it saturates to
    /// more than any buffer has; otherwise no index of [`Plane::at`] overflows.
    pub(super) fn end(&self, images: usize, height: usize, width: usize) -> usize {
        let last = |count: usize, stride: usize| count.saturating_sub(1).saturating_mul(stride);
        [last(images, self.image), last(height, self.row), width.saturating_mul(self.channels)]
            .into_iter()
            .fold(self.start, usize::saturating_add)
    }
}

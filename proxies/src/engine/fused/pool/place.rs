//! Pixels that are moved: flattened to a vector, or cropped.

use super::super::lanes::Float;
use super::{Gradient, Image, ImageMut};

/// y = the numbers of x as a vector, channel by channel.
pub(in super::super) struct Flatten<'a, F> {
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
    /// Channels of x without their padding.
    pub channels: usize,
}

impl<F: Float> Flatten<'_, F> {
    /// Copies the image. Panics if the images do not fit their layouts.
    pub fn run(mut self) {
        let layout = self.x.layout;
        let area = layout.height * layout.width;
        let y = self.y.row(0);
        y[self.channels * area..].fill(F::default());
        for row in 0..layout.height {
            for (column, pixel) in self.x.row(row).chunks_exact(layout.channels).enumerate() {
                let to = y[row * layout.width + column..].iter_mut().step_by(area);
                to.zip(&pixel[..self.channels]).for_each(|(y, &x)| *y = x);
            }
        }
    }
}

/// Adds the gradient of [`Flatten`] with respect to x to `by_x`.
pub(in super::super) struct Unflatten<'a, F> {
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    pub channels: usize,
    /// Scratch for a row of x.
    pub row: &'a mut [F],
}

impl<F: Float> Unflatten<'_, F> {
    /// Adds the image. Panics if the images do not fit their layouts.
    pub fn run(mut self) {
        let layout = self.by_x.to.layout;
        let area = layout.height * layout.width;
        let g = self.by_y.row(0);
        let pixels = &mut self.row[..layout.row_len()];
        pixels.fill(F::default());
        for row in 0..layout.height {
            for (column, pixel) in pixels.chunks_exact_mut(layout.channels).enumerate() {
                let from = g[row * layout.width + column..].iter().step_by(area);
                pixel[..self.channels].iter_mut().zip(from).for_each(|(to, &g)| *to = g);
            }
            self.by_x.add(row, 0, pixels);
        }
    }
}

/// y = x from a certain row and column on, as far as y extends.
pub(in super::super) struct Crop<'a, F> {
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
    pub corner: [usize; 2],
}

impl<F: Float> Crop<'_, F> {
    /// Copies the image. Panics if the images do not fit their layouts.
    pub fn run(mut self) {
        let ([top, left], channels) = (self.corner, self.x.layout.channels);
        for row in 0..self.y.layout.height {
            let y = self.y.row(row);
            y.copy_from_slice(&self.x.row(top + row)[left * channels..][..y.len()]);
        }
    }
}

/// Adds the gradient of [`Crop`] with respect to x to `by_x`.
pub(in super::super) struct Uncrop<'a, F> {
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    pub corner: [usize; 2],
}

impl<F: Float> Uncrop<'_, F> {
    /// Adds the image. Panics if the images do not fit their layouts.
    pub fn run(mut self) {
        let [top, left] = self.corner;
        for row in 0..self.by_y.layout.height {
            self.by_x.add(top + row, left * self.by_y.layout.channels, self.by_y.row(row));
        }
    }
}

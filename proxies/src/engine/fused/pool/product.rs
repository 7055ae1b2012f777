//! Products of two values, one of which may be a vector with one number per channel.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::{Gradient, Image, ImageMut};

/// y = a * b. Either may be a vector while the other is a map.
pub(in super::super) struct ProductForward<'a, F> {
    pub a: Image<'a, F>,
    pub b: Image<'a, F>,
    pub y: ImageMut<'a, F>,
}

/// Adds the gradient with respect to one factor to `by_x`.
pub(in super::super) struct ProductBackward<'a, F> {
    pub by_y: Image<'a, F>,
    pub other: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    /// Scratch for a row of y.
    pub row: &'a mut [F],
}

impl<'a, F: Float> Image<'a, F> {
    /// A row of pixels; if this is a vector, its only pixel.
    #[inline(always)]
    fn row_or_vector(&self, row: usize) -> &'a [F] {
        if self.layout.height * self.layout.width == 1 { self.row(0) } else { self.row(row) }
    }
}

/// `to` = a * b for a row of pixels; either may be a single pixel.
#[inline(always)]
fn multiply<F: Float>(to: &mut [F], a: &[F], b: &[F], channels: usize) {
    let (a, b) = if a.len() < b.len() { (b, a) } else { (a, b) };
    if a.len() == b.len() {
        to.iter_mut().zip(a).zip(b).for_each(|((to, &a), &b)| *to = a * b);
        return;
    }
    for (to, a) in to.chunks_exact_mut(channels).zip(a.chunks_exact(channels)) {
        to.iter_mut().zip(a).zip(b).for_each(|((to, &a), &b)| *to = a * b);
    }
}

impl<F: Float> ProductForward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for ProductForward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let channels = self.y.layout.channels;
        for row in 0..self.y.layout.height {
            multiply(self.y.row(row), self.a.row_or_vector(row), self.b.row_or_vector(row), channels);
        }
    }
}

impl<F: Float> ProductBackward<'_, F> {
    /// Adds the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for ProductBackward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let (from, to) = (self.by_y.layout, self.by_x.to.layout);
        let row = &mut self.row[..from.row_len()];
        let is_vector = to.height * to.width < from.height * from.width;
        for i in 0..from.height {
            multiply(row, self.by_y.row(i), self.other.row_or_vector(i), from.channels);
            if !is_vector {
                self.by_x.add(i, 0, row);
                continue;
            }
            // Sum each row first, so that few numbers of similar size are added to the total.
            let (sum, rest) = row.split_at_mut(from.channels);
            for pixel in rest.chunks_exact(from.channels) {
                sum.iter_mut().zip(pixel).for_each(|(sum, &product)| *sum += product);
            }
            self.by_x.add(0, 0, sum);
        }
    }
}

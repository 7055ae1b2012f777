//! Max pools. The padding never wins; ties send their gradient to the first maximum in row-major order.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::{Gradient, Image, ImageMut, Windows};

/// y = maxima of x over windows.
pub(in super::super) struct MaxForward<'a, F> {
    pub windows: Windows,
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
}

impl<F: Float> MaxForward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for MaxForward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let (height, width, channels) = (self.x.layout.height, self.x.layout.width, self.x.layout.channels);
        for i in 0..self.y.layout.height {
            let rows = self.windows.rows(i, height);
            for (j, y) in self.y.row(i).chunks_exact_mut(channels).enumerate() {
                let columns = self.windows.columns(j, width);
                y.copy_from_slice(&self.x.row(rows.start)[columns.start * channels..][..channels]);
                for row in rows.clone() {
                    let row = &self.x.row(row)[columns.start * channels..columns.end * channels];
                    for x in row.chunks_exact(channels) {
                        y.iter_mut().zip(x).for_each(|(y, &x)| *y = if x > *y { x } else { *y });
                    }
                }
            }
        }
    }
}

/// The tangent of y: the tangent of x at each window's first maximum.
pub(in super::super) struct MaxTangent<'a, F> {
    pub windows: Windows,
    pub x: Image<'a, F>,
    pub y: Image<'a, F>,
    /// The tangent of x.
    pub from: Image<'a, F>,
    pub to: ImageMut<'a, F>,
}

impl<F: Float> MaxTangent<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for MaxTangent<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let (height, width, channels) = (self.x.layout.height, self.x.layout.width, self.x.layout.channels);
        for i in 0..self.y.layout.height {
            let rows = self.windows.rows(i, height);
            for (j, to) in self.to.row(i).chunks_exact_mut(channels).enumerate() {
                let columns = self.windows.columns(j, width);
                let y = &self.y.row(i)[j * channels..][..channels];
                // The first maximum is written last.
                for row in rows.clone().rev() {
                    let span = columns.start * channels..columns.end * channels;
                    let (x, from) = (&self.x.row(row)[span.clone()], &self.from.row(row)[span]);
                    for (x, from) in x.chunks_exact(channels).zip(from.chunks_exact(channels)).rev() {
                        for (((to, &from), &x), &y) in to.iter_mut().zip(from).zip(x).zip(y) {
                            *to = if x == y { from } else { *to };
                        }
                    }
                }
            }
        }
    }
}

/// Adds the gradient with respect to x to `by_x`.
pub(in super::super) struct MaxBackward<'a, F> {
    pub windows: Windows,
    pub x: Image<'a, F>,
    pub y: Image<'a, F>,
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    /// Scratch for two pixels of x.
    pub pixels: &'a mut [F],
}

impl<F: Float> MaxBackward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for MaxBackward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let (height, width, channels) = (self.x.layout.height, self.x.layout.width, self.x.layout.channels);
        // The part of a window's gradient that has found no maximum yet, and the part that goes to the current pixel.
        let (unclaimed, share) = self.pixels.split_at_mut(channels);
        let share = &mut share[..channels];
        for i in 0..self.y.layout.height {
            for j in 0..self.y.layout.width {
                let pixel = j * channels..(j + 1) * channels;
                let y = &self.y.row(i)[pixel.clone()];
                unclaimed.copy_from_slice(&self.by_y.row(i)[pixel]);
                for row in self.windows.rows(i, height) {
                    for column in self.windows.columns(j, width) {
                        let x = &self.x.row(row)[column * channels..][..channels];
                        for (((share, unclaimed), &x), &y) in share.iter_mut().zip(&mut *unclaimed).zip(x).zip(y) {
                            let wins = x == y;
                            *share = if wins { *unclaimed } else { F::default() };
                            *unclaimed = if wins { F::default() } else { *unclaimed };
                        }
                        self.by_x.add(row, column * channels, share);
                    }
                }
            }
        }
    }
}

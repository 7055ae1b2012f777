//! Layer norm: the channels of each pixel, normalised by their mean and variance.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::{Gradient, Image, ImageMut};

/// A layer norm's scale and shift, one number each per channel without padding, and its epsilon.
#[derive(Clone, Debug)]
pub(in super::super) struct ChannelNorm<F> {
    pub scale: Vec<F>,
    pub shift: Vec<F>,
    pub epsilon: f64,
}

/// The mean of a pixel's channels, and the inverse of their standard deviation.
#[derive(Clone, Copy)]
struct Moments<F> {
    mean: F,
    inverse: F,
}

impl<F: Float> Moments<F> {
    #[inline(always)]
    fn of(x: &[F], epsilon: f64) -> Self {
        let mean = F::from_f64(mean(x.len(), |c| x[c]));
        let variance = mean_of_squares(x, mean);
        Moments { mean, inverse: F::from_f64(1.0 / (variance + epsilon).sqrt()) }
    }

    #[inline(always)]
    fn normal(self, x: F) -> F {
        (x - self.mean) * self.inverse
    }
}

#[inline(always)]
fn mean_of_squares<F: Float>(x: &[F], centre: F) -> f64 {
    mean(x.len(), |c| (x[c] - centre) * (x[c] - centre))
}

/// Returns the mean of numbers, computed in several parallel sums.
#[inline(always)]
fn mean<F: Float>(count: usize, number: impl Fn(usize) -> F) -> f64 {
    const SIDE: usize = 8;
    let mut sums = [F::default(); SIDE];
    let whole = count - count % SIDE;
    for first in (0..whole).step_by(SIDE) {
        sums.iter_mut().enumerate().for_each(|(lane, sum)| *sum += number(first + lane));
    }
    (whole..count).for_each(|last| sums[last % SIDE] += number(last));
    sums.iter().map(|sum| sum.to_f64()).sum::<f64>() / count as f64
}

/// y = x, normalised.
pub(in super::super) struct ChannelNormForward<'a, F> {
    pub norm: &'a ChannelNorm<F>,
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
}

/// Adds the gradient with respect to x to `by_x`.
pub(in super::super) struct ChannelNormBackward<'a, F> {
    pub norm: &'a ChannelNorm<F>,
    pub x: Image<'a, F>,
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    /// Scratch for a row of x.
    pub row: &'a mut [F],
}

/// The image's share of the scale and shift gradients: first those of the scale, then, from the middle on, those of the shift.
pub(in super::super) struct ChannelNormSums<'a, F> {
    pub norm: &'a ChannelNorm<F>,
    pub x: Image<'a, F>,
    pub by_y: Image<'a, F>,
    pub sums: &'a mut [F],
}

macro_rules! dispatched {
    ($($Kernel:ident),*) => {
        $(impl<F: Float> $Kernel<'_, F> {
            /// Computes the image. Panics if the images do not fit their layouts.
            pub fn run(self) {
                dispatch(self);
            }
        })*
    };
}
dispatched!(ChannelNormForward, ChannelNormBackward, ChannelNormSums);

impl<F: Float> Kernel<F> for ChannelNormForward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let ChannelNorm { scale, shift, epsilon } = self.norm;
        let count = scale.len();
        for row in 0..self.x.layout.height {
            let pixels = self.x.row(row).chunks_exact(self.x.layout.channels);
            let stride = self.y.layout.channels;
            for (x, y) in pixels.zip(self.y.row(row).chunks_exact_mut(stride)) {
                let x = &x[..count];
                let moments = Moments::of(x, *epsilon);
                let (y, padding) = y.split_at_mut(count);
                for (((y, &x), &scale), &shift) in y.iter_mut().zip(x).zip(scale).zip(shift) {
                    *y = moments.normal(x) * scale + shift;
                }
                padding.fill(F::default());
            }
        }
    }
}

impl<F: Float> Kernel<F> for ChannelNormBackward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let ChannelNorm { scale, epsilon, .. } = self.norm;
        let (count, layout) = (scale.len(), self.by_x.to.layout);
        let pixels = &mut self.row[..layout.row_len()];
        for row in 0..layout.height {
            let x = self.x.row(row).chunks_exact(self.x.layout.channels);
            let g = self.by_y.row(row).chunks_exact(self.by_y.layout.channels);
            for ((to, x), g) in pixels.chunks_exact_mut(layout.channels).zip(x).zip(g) {
                let (x, g) = (&x[..count], &g[..count]);
                let moments = Moments::of(x, *epsilon);
                let flat = F::from_f64(mean(count, |c| g[c] * scale[c]));
                let along = F::from_f64(mean(count, |c| g[c] * scale[c] * moments.normal(x[c])));
                let (to, padding) = to.split_at_mut(count);
                for (((to, &x), &g), &scale) in to.iter_mut().zip(x).zip(g).zip(scale) {
                    *to = (g * scale - flat - moments.normal(x) * along) * moments.inverse;
                }
                padding.fill(F::default());
            }
            self.by_x.add(row, 0, pixels);
        }
    }
}

impl<F: Float> Kernel<F> for ChannelNormSums<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let count = self.norm.scale.len();
        self.sums.fill(F::default());
        let (by_scale, by_shift) = self.sums.split_at_mut(self.sums.len() / 2);
        for row in 0..self.x.layout.height {
            let pixels = self.x.row(row).chunks_exact(self.x.layout.channels);
            for (x, g) in pixels.zip(self.by_y.row(row).chunks_exact(self.by_y.layout.channels)) {
                let (x, g) = (&x[..count], &g[..count]);
                let moments = Moments::of(x, self.norm.epsilon);
                by_scale.iter_mut().zip(x).zip(g).for_each(|((sum, &x), &g)| *sum += g * moments.normal(x));
                by_shift.iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
            }
        }
    }
}

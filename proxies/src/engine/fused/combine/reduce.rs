//! Sums over pixels, from which batch norm computes its statistics and its backward step.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;

/// Adds to `sum`, for each channel, the sum of g over one image, and to `products` that of g * x.
pub(in super::super) struct Reduce<'a, F> {
    pub rows: usize,
    pub columns: usize,
    /// Channels with their padding.
    pub channels: usize,
    pub g: (&'a [F], Steps),
    pub x: (&'a [F], Steps),
    pub sum: &'a mut [F],
    pub products: &'a mut [F],
}

impl<F: Float> Reduce<'_, F> {
    /// Computes the image's sums.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        let (rows, columns, channels) = (self.rows, self.columns, self.channels);
        if rows == 0 || columns == 0 || channels == 0 {
            return;
        }
        let fits = |(from, steps): &(&[F], Steps)| {
            steps.column == channels && steps.last(rows, columns) + channels <= from.len()
        };
        assert!(channels % 8 == 0 && fits(&self.g) && fits(&self.x), "input ends too early");
        assert!(self.sum.len() >= channels && self.products.len() >= channels, "too few sums");
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for Reduce<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        for row in 0..self.rows {
            let start = |(from, steps): (&[F], Steps)| from[steps.start + row * steps.row..].as_ptr();
            let (g, x) = (start(self.g), start(self.x));
            for channel in (0..self.channels).step_by(2 * L::N) {
                let second = if channel + L::N < self.channels { L::N } else { 0 };
                let zero = L::splat(F::default());
                let (mut sums, mut products) = ([zero; 2], [zero; 2]);
                // SAFETY: `run` has checked that each row lies in its buffer and that there are as many sums as channels, a
                // multiple of N; the second vector is the first again where there is but one.
                unsafe {
                    for pixel in 0..self.columns {
                        let at = pixel * self.channels + channel;
                        for (i, at) in [at, at + second].into_iter().enumerate() {
                            let g = L::load(g.add(at));
                            sums[i] = sums[i].add(g);
                            products[i] = g.mul_add(L::load(x.add(at)), products[i]);
                        }
                    }
                    let vectors = if second == 0 { 1 } else { 2 };
                    for i in 0..vectors {
                        let to = self.sum.as_mut_ptr().add(channel + i * L::N);
                        L::load(to).add(sums[i]).store(to);
                        let to = self.products.as_mut_ptr().add(channel + i * L::N);
                        L::load(to).add(products[i]).store(to);
                    }
                }
            }
        }
    }
}

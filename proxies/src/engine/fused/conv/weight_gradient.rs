//! The kernel of weight gradients: the sliding product with the pixels as the reduction.
//!
//! ```text
//! out[k][r][o] += sum over pixels p of x[p][k][r] * dz[p][o]
//! ```
//!
//! A register tile holds 6 elements of a window's run x 2 vectors of output channels and walks over a band of rows that
//! stays in the first-level cache while all tiles pass over it.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;
use super::sliding::Window;

/// Bytes of input and gradient in a band of rows.
const BAND: usize = 24 * 1024;

/// A weight gradient's share of one image.
pub(super) struct Gather<'a, F> {
    pub rows: usize,
    pub columns: usize,
    /// Output channels, a multiple of 8.
    pub channels: usize,
    pub window: Window,
    pub x: &'a [F],
    /// Where windows start in `x`.
    pub reads: Steps,
    pub gradient: &'a [F],
    /// Where pixels start in `gradient`.
    pub gradients: Steps,
    /// `[window row][run][channels]`, added to.
    pub out: &'a mut [F],
}

impl<F: Float> Gather<'_, F> {
    /// Adds the image's share.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        if self.rows == 0 || self.columns == 0 || self.channels == 0 {
            return;
        }
        let (rows, columns, channels) = (self.rows, self.columns, self.channels);
        assert_eq!(channels % 8, 0, "channels come in eights");
        let window_end = self.window.rows.saturating_sub(1) * self.window.pitch + self.window.run;
        assert!(self.reads.last(rows, columns) + window_end <= self.x.len(), "input ends too early");
        assert!(self.gradients.last(rows, columns) + channels <= self.gradient.len(), "gradient ends too early");
        assert!(self.window.rows * self.window.run * channels <= self.out.len(), "too few weights");
        dispatch(self);
    }
}

// SAFETY of the blocks below: `Gather::run` has checked that every pixel's window and gradient and all outputs lie in
// their buffers; `element + R <= run` and `channel + B * N <= channels` hold for every call.
impl<F: Float> Kernel<F> for Gather<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let row = (self.reads.row + self.gradients.row) * size_of::<F>();
        let band = (BAND / row.max(1)).clamp(1, self.rows);
        for first in (0..self.rows).step_by(band) {
            let rows = (first, self.rows.min(first + band));
            for k in 0..self.window.rows {
                let mut channel = 0;
                while channel + 2 * L::N <= self.channels {
                    self.run_of::<L, 6, 2>(rows, k, channel);
                    channel += 2 * L::N;
                }
                if channel < self.channels {
                    self.run_of::<L, 12, 1>(rows, k, channel);
                }
            }
        }
    }
}

impl<F: Float> Gather<'_, F> {
    #[inline(always)]
    fn run_of<L: Lanes<F>, const R: usize, const B: usize>(&mut self, rows: (usize, usize), k: usize, channel: usize) {
        let mut element = 0;
        while element + R <= self.window.run {
            self.tile::<L, R, B>(rows, k, element, channel);
            element += R;
        }
        while element + 4 <= self.window.run {
            self.tile::<L, 4, B>(rows, k, element, channel);
            element += 4;
        }
        while element < self.window.run {
            self.tile::<L, 1, B>(rows, k, element, channel);
            element += 1;
        }
    }

    /// `R` elements of window row `k` x `B` vectors of output channels, over a band of rows.
    #[inline(always)]
    fn tile<L: Lanes<F>, const R: usize, const B: usize>(
        &mut self,
        (first, end): (usize, usize),
        k: usize,
        element: usize,
        channel: usize,
    ) {
        let mut totals = [[L::splat(F::default()); B]; R];
        for row in first..end {
            // SAFETY: see above.
            let (mut x, mut g) = unsafe {
                let x = self.reads.start + row * self.reads.row + k * self.window.pitch + element;
                let g = self.gradients.start + row * self.gradients.row + channel;
                (self.x.as_ptr().add(x), self.gradient.as_ptr().add(g))
            };
            for _ in 0..self.columns {
                // SAFETY: see above.
                let d: [L; B] = std::array::from_fn(|b| unsafe { L::load(g.add(b * L::N)) });
                for (i, total) in totals.iter_mut().enumerate() {
                    // SAFETY: see above.
                    let x = L::splat(unsafe { *x.add(i) });
                    for (total, d) in total.iter_mut().zip(d) {
                        *total = x.mul_add(d, *total);
                    }
                }
                x = x.wrapping_add(self.reads.column);
                g = g.wrapping_add(self.gradients.column);
            }
        }
        let at = (k * self.window.run + element) * self.channels + channel;
        for (i, total) in totals.iter().enumerate() {
            for (b, &total) in total.iter().enumerate() {
                // SAFETY: see above.
                unsafe {
                    let to = self.out.as_mut_ptr().add(at + i * self.channels + b * L::N);
                    L::load(to).add(total).store(to);
                }
            }
        }
    }
}

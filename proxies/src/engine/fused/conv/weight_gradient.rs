//! The kernel of weight gradients: the sliding product with the pixels as the reduction.
//!
//! ```text
//! out[k][c][r][o] += sum over pixels p of x[p][k][c][r] * dz[p][o]
//! ```
//!
//! A register tile holds 6 elements of a window's run x 2 vectors of output channels. It walks over a band of rows that stays in
//! the first-level cache until all tiles have passed over it.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;
use super::sliding::Window;

/// Bytes of input and gradient in a band of rows.
const BAND: usize = 24 * 1024;

/// One image's share of a weight gradient.
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
    /// `[window row][window column][run][channels]`, added to.
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
        assert!(self.reads.last(rows, columns) + self.window.reach() <= self.x.len(), "input ends too early");
        assert!(self.gradients.last(rows, columns) + channels <= self.gradient.len(), "gradient ends too early");
        assert!(self.window.len() * channels <= self.out.len(), "too few weights");
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
            for run in 0..self.window.rows * self.window.columns {
                let mut channel = 0;
                while channel + 2 * L::N <= self.channels {
                    self.run_of::<L, 6, 2>(rows, run, channel);
                    channel += 2 * L::N;
                }
                if channel < self.channels {
                    self.run_of::<L, 12, 1>(rows, run, channel);
                }
            }
        }
    }
}

impl<F: Float> Gather<'_, F> {
    #[inline(always)]
    fn run_of<L: Lanes<F>, const R: usize, const B: usize>(
        &mut self,
        rows: (usize, usize),
        run: usize,
        channel: usize,
    ) {
        let mut element = 0;
        while element + R <= self.window.run {
            self.tile::<L, R, B>(rows, run, element, channel);
            element += R;
        }
        while element + 4 <= self.window.run {
            self.tile::<L, 4, B>(rows, run, element, channel);
            element += 4;
        }
        while element < self.window.run {
            self.tile::<L, 1, B>(rows, run, element, channel);
            element += 1;
        }
    }

    /// Computes `R` elements of a run of the window x `B` vectors of output channels, over a band of rows.
    #[inline(always)]
    fn tile<L: Lanes<F>, const R: usize, const B: usize>(
        &mut self,
        (first, end): (usize, usize),
        run: usize,
        element: usize,
        channel: usize,
    ) {
        let first_element =
            run / self.window.columns * self.window.down + run % self.window.columns * self.window.across + element;
        let mut totals = [[L::splat(F::default()); B]; R];
        for row in first..end {
            // SAFETY: see above.
            let (mut x, mut g) = unsafe {
                let x = self.reads.start + row * self.reads.row + first_element;
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
        let at = (run * self.window.run + element) * self.channels + channel;
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

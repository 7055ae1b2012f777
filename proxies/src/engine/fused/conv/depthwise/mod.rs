//! The kernels of depthwise convolutions: every channel is a separate plane, and a vector holds several channels.
//!
//! ```text
//! out[p][c]    = sum over taps t of x[p][t][c] * w[t][c]
//! by_w[t][c]  += sum over pixels p of x[p][t][c] * dz[p][c]
//! ```

mod copies;
mod product;
mod weight_gradient;

pub(super) use copies::convolve;
pub(super) use product::Product;
pub(super) use weight_gradient::WeightGradient;

/// The taps of a window, `rows` x `columns` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taps {
    pub rows: usize,
    pub columns: usize,
    /// Numbers from one row of taps to the next.
    pub down: usize,
    /// Numbers from one tap to the next.
    pub across: usize,
}

impl Taps {
    pub fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// Numbers from the first tap to the last.
    fn reach(&self) -> usize {
        self.rows.saturating_sub(1) * self.down + self.columns.saturating_sub(1) * self.across
    }

    /// Distance of tap number `t` from the first.
    #[inline(always)]
    fn at(&self, t: usize) -> usize {
        t / self.columns * self.down + t % self.columns * self.across
    }
}

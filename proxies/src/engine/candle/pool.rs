//! Average and max pools, forward and backward.

use super::windows::Window;
use crate::network::{AveragePool, MaxPool};
use candle_core::{Device, Result, Tensor};

fn sum(mut terms: impl Iterator<Item = Result<Tensor>>) -> Result<Tensor> {
    let first = terms.next().unwrap_or_else(|| Err(candle_core::Error::Msg("a window has no taps".into())))?;
    terms.try_fold(first, |sum, term| sum + term?)
}

impl From<&AveragePool> for Window {
    fn from(pool: &AveragePool) -> Self {
        Window { kernel: pool.kernel, stride: pool.stride, padding: pool.padding }
    }
}

impl From<&MaxPool> for Window {
    fn from(pool: &MaxPool) -> Self {
        Window { kernel: pool.kernel, stride: pool.stride, padding: pool.padding }
    }
}

/// One over the number of real pixels in each window, [1, 1, H', W'].
fn inverse_counts(window: Window, like: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let ones = Tensor::ones((1, 1, side.0, side.1), like.dtype(), &Device::Cpu)?;
    let padded = window.pad(&ones, 0.0)?;
    sum(window.taps().map(|tap| window.tap(&padded, tap, side)))?.recip()?.to_device(like.device())
}

/// Mean over each window's real pixels. `x` [N, C, H, W].
pub(super) fn average(pool: &AveragePool, x: &Tensor) -> Result<Tensor> {
    let window = Window::from(pool);
    let side = (x.dim(2)?, x.dim(3)?);
    let padded = window.pad(x, 0.0)?;
    let total = sum(window.taps().map(|tap| window.tap(&padded, tap, side)))?;
    total.broadcast_mul(&inverse_counts(window, x, side)?)
}

/// dL/dx of [`average`] from `gradient` = dL/dy.
pub(super) fn average_backward(pool: &AveragePool, gradient: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let window = Window::from(pool);
    let shares = gradient.broadcast_mul(&inverse_counts(window, gradient, side)?)?;
    let spread = window.spread(&shares, side)?;
    sum(window.taps().map(|tap| window.transposed_tap(&spread, tap, side)))
}

/// Maximum over each window. `x` [N, C, H, W].
pub(super) fn max(pool: &MaxPool, x: &Tensor) -> Result<Tensor> {
    let window = Window::from(pool);
    let side = (x.dim(2)?, x.dim(3)?);
    let padded = window.pad(x, f64::NEG_INFINITY)?;
    let mut taps = window.taps().map(|tap| window.tap(&padded, tap, side));
    let first = taps.next().unwrap_or_else(|| Err(candle_core::Error::Msg("a window has no taps".into())))?;
    taps.try_fold(first, |largest, tap| largest.maximum(&tap?))
}

/// dL/dx of [`max`] from `gradient` = dL/dy: each window's gradient goes to its first maximum.
pub(super) fn max_backward(pool: &MaxPool, x: &Tensor, y: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let window = Window::from(pool);
    let side = (x.dim(2)?, x.dim(3)?);
    let padded = window.pad(x, f64::NEG_INFINITY)?;
    let mut unclaimed = gradient.clone();
    sum(window.taps().map(|tap| {
        let wins = window.tap(&padded, tap, side)?.eq(y)?;
        let share = wins.where_cond(&unclaimed, &unclaimed.zeros_like()?)?;
        unclaimed = (&unclaimed - &share)?;
        window.transposed_tap(&window.spread(&share, side)?, tap, side)
    }))
}

/// Tangent of [`max`]'s output: that of each window's first maximum.
pub(super) fn max_tangent(pool: &MaxPool, x: &Tensor, y: &Tensor, tangent: &Tensor) -> Result<Tensor> {
    let window = Window::from(pool);
    let side = (x.dim(2)?, x.dim(3)?);
    let (padded, tangents) = (window.pad(x, f64::NEG_INFINITY)?, window.pad(tangent, 0.0)?);
    let mut open = y.ones_like()?;
    sum(window.taps().map(|tap| {
        let wins = (window.tap(&padded, tap, side)?.eq(y)?.to_dtype(y.dtype())? * &open)?;
        open = (&open - &wins)?;
        wins * window.tap(&tangents, tap, side)?
    }))
}

//! Average and max pools, forward and backward.

use super::sum;
use super::windows::Window;
use crate::network::{AveragePool, Line, MaxPool};
use candle_core::{Device, Result, Tensor};

/// One over the number of pixels that each window's mean counts, [1, 1, H', W'].
fn inverse_counts(pool: &AveragePool, like: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let [down, across] = pool.windows();
    let counts = |line: Line, side: usize| -> Vec<usize> {
        let [before, after] = line.padding;
        // Places in the padded image; what a window overhangs beyond the padding is never counted.
        let counted = if pool.count_include_padding { 0..before + side + after } else { before..before + side };
        let windows = (0..line.count(side).unwrap_or(0)).map(|i| i * line.stride);
        windows.map(|first| (first + line.kernel).min(counted.end) - first.max(counted.start)).collect()
    };
    let (rows, columns) = (counts(down, side.0), counts(across, side.1));
    let areas: Vec<f64> = rows.iter().flat_map(|row| columns.iter().map(move |column| (row * column) as f64)).collect();
    let dims = (1, 1, rows.len(), columns.len());
    Tensor::from_vec(areas, dims, &Device::Cpu)?.to_dtype(like.dtype())?.recip()?.to_device(like.device())
}

/// Mean over each window. `x` [N, C, H, W].
pub(super) fn average(pool: &AveragePool, x: &Tensor) -> Result<Tensor> {
    let window = Window(pool.windows());
    let side = (x.dim(2)?, x.dim(3)?);
    let padded = window.pad(x, 0.0)?;
    let total = sum(window.taps().map(|tap| window.tap(&padded, tap, side)))?;
    total.broadcast_mul(&inverse_counts(pool, x, side)?)
}

/// dL/dx of [`average`] from `gradient` = dL/dy.
pub(super) fn average_backward(pool: &AveragePool, gradient: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let window = Window(pool.windows());
    let shares = gradient.broadcast_mul(&inverse_counts(pool, gradient, side)?)?;
    let spread = window.spread(&shares, side)?;
    sum(window.taps().map(|tap| window.transposed_tap(&spread, tap, side)))
}

/// Maximum over each window. `x` [N, C, H, W].
pub(super) fn max(pool: &MaxPool, x: &Tensor) -> Result<Tensor> {
    let window = Window(pool.windows());
    let side = (x.dim(2)?, x.dim(3)?);
    let padded = window.pad(x, f64::NEG_INFINITY)?;
    let mut taps = window.taps().map(|tap| window.tap(&padded, tap, side));
    let first = taps.next().unwrap_or_else(|| Err(candle_core::Error::Msg("a window has no taps".into())))?;
    taps.try_fold(first, |largest, tap| largest.maximum(&tap?))
}

/// dL/dx of [`max`] from `gradient` = dL/dy: each window's gradient goes to its first maximum.
pub(super) fn max_backward(pool: &MaxPool, x: &Tensor, y: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let window = Window(pool.windows());
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
    let window = Window(pool.windows());
    let side = (x.dim(2)?, x.dim(3)?);
    let (padded, tangents) = (window.pad(x, f64::NEG_INFINITY)?, window.pad(tangent, 0.0)?);
    let mut open = y.ones_like()?;
    sum(window.taps().map(|tap| {
        let wins = (window.tap(&padded, tap, side)?.eq(y)?.to_dtype(y.dtype())? * &open)?;
        open = (&open - &wins)?;
        wins * window.tap(&tangents, tap, side)?
    }))
}

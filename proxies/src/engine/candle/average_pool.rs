//! Average pools.

use super::step::{Context, Given, Gradients, Step, Tape};
use super::sum;
use super::windows::Window;
use crate::network::{AveragePool, Line};
use candle_core::{Device, Result, Tensor};

/// Rows and columns of [N, C, H, W].
fn side(x: &Tensor) -> Result<(usize, usize)> {
    Ok((x.dim(2)?, x.dim(3)?))
}

/// One over the number of pixels that each window's mean counts, [1, 1, H', W'].
fn inverse_counts(pool: &AveragePool, like: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let [down, across] = pool.windows();
    let counts = |line: Line, side: usize| -> Vec<usize> {
        let [before, after] = line.padding;
        // Places in the padded image; the part of a window beyond the padding is never counted.
        let counted = if pool.count_include_padding { 0..before + side + after } else { before..before + side };
        let windows = (0..line.count(side).unwrap_or(0)).map(|i| i * line.stride);
        windows.map(|first| (first + line.kernel).min(counted.end) - first.max(counted.start)).collect()
    };
    let (rows, columns) = (counts(down, side.0), counts(across, side.1));
    let areas: Vec<f64> = rows.iter().flat_map(|row| columns.iter().map(move |column| (row * column) as f64)).collect();
    let dims = (1, 1, rows.len(), columns.len());
    Tensor::from_vec(areas, dims, &Device::Cpu)?.to_dtype(like.dtype())?.recip()?.to_device(like.device())
}

impl Step for AveragePool {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let (x, window) = (at.inputs[0], Window(self.windows()));
        let side = side(x)?;
        let padded = window.pad(x, 0.0)?;
        let total = sum(window.taps().map(|tap| window.tap(&padded, tap, side)))?;
        Ok((total.broadcast_mul(&inverse_counts(self, x, side)?)?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let (side, window) = (side(at.inputs[0])?, Window(self.windows()));
        let shares = gradient.broadcast_mul(&inverse_counts(self, gradient, side)?)?;
        let spread = window.spread(&shares, side)?;
        Ok((vec![Some(sum(window.taps().map(|tap| window.transposed_tap(&spread, tap, side)))?)], vec![]))
    }
}

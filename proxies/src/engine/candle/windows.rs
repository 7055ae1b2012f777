//! Sliding windows as shifted slices: what convolutions and pools are made of, on any device.
//!
//! Candle's own pools have no padding and wrong or missing gradients, and its convolution gradients are slow, so both are
//! put together here from slices of the padded input, one for each place (tap) of the window.

use crate::network::Line;
use candle_core::{Result, Tensor};

/// A window moving over an image: down its rows and across its columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window(pub [Line; 2]);

impl Window {
    /// The taps (row, column) of the window, row-major.
    pub fn taps(self) -> impl Iterator<Item = (usize, usize)> {
        let [down, across] = self.0;
        (0..down.kernel * across.kernel).map(move |tap| (tap / across.kernel, tap % across.kernel))
    }

    /// `x` ([N, C, H, W]) padded with `value` so that [`Window::tap`] can cut any tap's slice out of it.
    pub fn pad(self, x: &Tensor, value: f64) -> Result<Tensor> {
        let [down, across] = self.0;
        // A strided slice is cut as whole steps, so the last step may reach past the usual padding.
        let padded = |x: &Tensor, dim: usize, line: Line| {
            let (side, before) = (x.dim(dim)?, line.padding[0]);
            let reach = line.span() - 1 + count(line, side) * line.stride;
            pad(x, dim, before, reach.saturating_sub(side + before), value)
        };
        padded(&padded(x, 2, down)?, 3, across)
    }

    /// What tap (`row`, `column`) of every window sees, [N, C, H', W'], of an input of side (H, W) padded by
    /// [`Window::pad`].
    pub fn tap(self, padded: &Tensor, (row, column): (usize, usize), side: (usize, usize)) -> Result<Tensor> {
        let [down, across] = self.0;
        let (images, channels, ..) = padded.dims4()?;
        let (height, width) = (count(down, side.0), count(across, side.1));
        let rows = padded.narrow(2, row * down.dilation, height * down.stride)?;
        let slice = rows.narrow(3, column * across.dilation, width * across.stride)?;
        if (down.stride, across.stride) == (1, 1) {
            return Ok(slice);
        }
        let steps = [images, channels, height, down.stride, width, across.stride];
        let steps = slice.contiguous()?.reshape(&steps[..])?;
        steps.narrow(3, 0, 1)?.narrow(5, 0, 1)?.contiguous()?.reshape((images, channels, height, width))
    }

    /// Prepares values at the windows ([N, C, H', W']) for [`Window::transposed_tap`]: spread out by the stride and
    /// padded with zeros, for an input of side (H, W).
    pub fn spread(self, y: &Tensor, (height, width): (usize, usize)) -> Result<Tensor> {
        let [down, across] = self.0;
        let (images, channels, rows, columns) = y.dims4()?;
        let spread = if (down.stride, across.stride) == (1, 1) {
            y.clone()
        } else {
            let y = y.contiguous()?.reshape(&[images, channels, rows, 1, columns, 1][..])?;
            let y = pad(&pad(&y, 3, 0, down.stride - 1, 0.0)?, 5, 0, across.stride - 1, 0.0)?;
            y.reshape((images, channels, rows * down.stride, columns * across.stride))?
        };
        let fit = |y: &Tensor, dim: usize, line: Line, side: usize| {
            let last = line.span() - 1;
            let start = last.saturating_sub(line.padding[0]);
            // Windows that lie entirely in the padding see no pixel.
            let outside = line.padding[0].saturating_sub(last).min(y.dim(dim)?);
            let (have, need) = (y.dim(dim)? - outside, side + last - start);
            pad(&y.narrow(dim, outside, have.min(need))?, dim, start, need.saturating_sub(have), 0.0)
        };
        fit(&fit(&spread, 2, down, height)?, 3, across, width)
    }

    /// For every input pixel, the value of the window that sees this pixel at tap (`row`, `column`), zero if there is
    /// none: [N, C, H, W]. The transpose of [`Window::tap`].
    pub fn transposed_tap(
        self,
        spread: &Tensor,
        (row, column): (usize, usize),
        side: (usize, usize),
    ) -> Result<Tensor> {
        let [down, across] = self.0;
        let first = |line: Line, tap: usize| line.span() - 1 - tap * line.dilation;
        spread.narrow(2, first(down, row), side.0)?.narrow(3, first(across, column), side.1)
    }
}

/// The number of windows along a side that is long enough for at least one.
fn count(line: Line, side: usize) -> usize {
    line.count(side).unwrap_or(0)
}

/// `x` with `start` and `end` more entries of `value` along `dim`.
pub(super) fn pad(x: &Tensor, dim: usize, start: usize, end: usize, value: f64) -> Result<Tensor> {
    let border = |n: usize| {
        let mut dims = x.dims().to_vec();
        dims[dim] = n;
        Tensor::full(value, dims, x.device())?.to_dtype(x.dtype())
    };
    match (start, end) {
        (0, 0) => Ok(x.clone()),
        (0, end) => Tensor::cat(&[x, &border(end)?], dim),
        (start, 0) => Tensor::cat(&[&border(start)?, x], dim),
        (start, end) => Tensor::cat(&[&border(start)?, x, &border(end)?], dim),
    }
}

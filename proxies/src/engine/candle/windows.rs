//! Sliding windows as shifted slices: what convolutions and pools are made of, on any device.
//!
//! Candle's own pools have no padding and wrong or missing gradients, and its convolution gradients are slow, so both are
//! put together here from slices of the padded input, one for each place (tap) of the window.

use candle_core::{Result, Tensor};

/// A square window moving over an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Window {
    /// The taps (row, column) of the window, row-major.
    pub fn taps(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.kernel * self.kernel).map(move |tap| (tap / self.kernel, tap % self.kernel))
    }

    fn count(self, side: usize) -> usize {
        (side + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// `x` ([N, C, H, W]) padded with `value` so that [`Window::tap`] can cut any tap's slice out of it.
    pub fn pad(self, x: &Tensor, value: f64) -> Result<Tensor> {
        let (_, _, height, width) = x.dims4()?;
        // A strided slice is cut as whole steps, so the last step may reach past the usual padding.
        let end = |side: usize| {
            (self.kernel - 1 + self.count(side) * self.stride).saturating_sub(side + self.padding).max(self.padding)
        };
        let padded = pad(x, 2, self.padding, end(height), value)?;
        pad(&padded, 3, self.padding, end(width), value)
    }

    /// What tap (`row`, `column`) of every window sees, [N, C, H', W'], of an input of side (H, W) padded by
    /// [`Window::pad`].
    pub fn tap(self, padded: &Tensor, (row, column): (usize, usize), side: (usize, usize)) -> Result<Tensor> {
        let (images, channels, ..) = padded.dims4()?;
        let (height, width, stride) = (self.count(side.0), self.count(side.1), self.stride);
        let slice = padded.narrow(2, row, height * stride)?.narrow(3, column, width * stride)?;
        if stride == 1 {
            return Ok(slice);
        }
        let steps = slice.contiguous()?.reshape(&[images, channels, height, stride, width, stride][..])?;
        steps.narrow(3, 0, 1)?.narrow(5, 0, 1)?.contiguous()?.reshape((images, channels, height, width))
    }

    /// Prepares values at the windows ([N, C, H', W']) for [`Window::transposed_tap`]: spread out by the stride and
    /// padded with zeros, for an input of side (H, W).
    pub fn spread(self, y: &Tensor, (height, width): (usize, usize)) -> Result<Tensor> {
        let (images, channels, rows, columns) = y.dims4()?;
        let stride = self.stride;
        let spread = if stride == 1 {
            y.clone()
        } else {
            let y = y.contiguous()?.reshape(&[images, channels, rows, 1, columns, 1][..])?;
            let y = pad(&pad(&y, 3, 0, stride - 1, 0.0)?, 5, 0, stride - 1, 0.0)?;
            y.reshape((images, channels, rows * stride, columns * stride))?
        };
        let last = self.kernel - 1;
        let start = last.saturating_sub(self.padding);
        let fit = |y: &Tensor, dim: usize, side: usize| {
            // Windows that lie in the padding altogether see no pixel.
            let outside = self.padding.saturating_sub(last).min(y.dim(dim)?);
            let (have, need) = (y.dim(dim)? - outside, side + last - start);
            pad(&y.narrow(dim, outside, have.min(need))?, dim, start, need.saturating_sub(have), 0.0)
        };
        fit(&fit(&spread, 2, height)?, 3, width)
    }

    /// For every input pixel, the value of the window that sees this pixel at tap (`row`, `column`), zero if there is
    /// none: [N, C, H, W]. The transpose of [`Window::tap`].
    pub fn transposed_tap(
        self,
        spread: &Tensor,
        (row, column): (usize, usize),
        side: (usize, usize),
    ) -> Result<Tensor> {
        let last = self.kernel - 1;
        spread.narrow(2, last - row, side.0)?.narrow(3, last - column, side.1)
    }
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

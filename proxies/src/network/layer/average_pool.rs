//! Average pool.

use super::{LayerKind, Shape, single, windows};

/// Mean over square windows; pixels of the padding are not counted in the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AveragePool {
    /// Side of the window.
    pub kernel: usize,
    /// Step between windows.
    pub stride: usize,
    /// Padding on each side, at most half the window.
    pub padding: usize,
}

impl LayerKind for AveragePool {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(single(inputs)?, self.kernel, self.stride, self.padding)
    }
}

/// Output shape of a pool. A window must hold at least one real pixel, hence the bound on the padding.
pub(super) fn pooled(input: Shape, kernel: usize, stride: usize, padding: usize) -> Result<Shape, String> {
    if padding > kernel / 2 {
        return Err(format!("padding {padding} is more than half the window {kernel}"));
    }
    let side = |n| windows(n, kernel, stride, padding);
    Ok(Shape::new(input.channels, side(input.height)?, side(input.width)?))
}

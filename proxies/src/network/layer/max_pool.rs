//! Max pool.

use super::average_pool::pooled;
use super::{LayerKind, Shape, single};

/// Maximum over square windows; the padding never wins. Ties send their gradient to the first maximum in row-major
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Side of the window.
    pub kernel: usize,
    /// Step between windows.
    pub stride: usize,
    /// Padding on each side, at most half the window.
    pub padding: usize,
}

impl LayerKind for MaxPool {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(single(inputs)?, self.kernel, self.stride, self.padding)
    }
}

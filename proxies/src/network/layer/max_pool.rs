//! Max pool.

use super::average_pool::{check, pooled};
use super::window::{Line, lines};
use super::{LayerKind, Pair, Shape, Sides, is_default, single};
use serde::{Deserialize, Serialize};

/// Maximum over windows; the padding never wins. Ties send their gradient to the first maximum in row-major order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool {
    /// Sides of the window.
    pub kernel: Pair,
    /// Steps between windows.
    #[serde(default)]
    pub stride: Pair,
    /// Padding on each side, at most half the window.
    #[serde(default)]
    pub padding: Sides,
    /// Whether the last window may extend beyond the end if it begins before the padding there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ceil: bool,
}

impl MaxPool {
    /// A pool whose windows all end within the padding.
    pub fn new(kernel: impl Into<Pair>, stride: impl Into<Pair>, padding: impl Into<Sides>) -> Self {
        MaxPool { kernel: kernel.into(), stride: stride.into(), padding: padding.into(), ceil: false }
    }

    /// Its windows down the rows and across the columns.
    pub(crate) fn windows(&self) -> [Line; 2] {
        lines(self.kernel, self.stride, Pair::ONE, self.padding, self.ceil)
    }
}

impl LayerKind for MaxPool {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check(self.kernel, self.stride, self.padding)?;
        pooled(self.windows(), single(inputs)?)
    }
}

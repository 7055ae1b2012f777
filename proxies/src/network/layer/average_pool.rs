//! Average pool.

use super::window::{Line, counts, lines};
use super::{LayerKind, Pair, Shape, Sides, is_default, single};
use serde::{Deserialize, Serialize};

/// Mean over windows. Pixels of the padding are not counted in the mean unless `count_include_padding` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AveragePool {
    /// Sides of the window.
    pub kernel: Pair,
    /// Steps between windows.
    #[serde(default)]
    pub stride: Pair,
    /// Padding on each side, at most half the window.
    #[serde(default)]
    pub padding: Sides,
    /// Whether the last window may extend beyond the end if it begins before the padding there. The part beyond is never counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ceil: bool,
    /// Whether the mean counts the pixels of the padding, as zeros.
    #[serde(default, skip_serializing_if = "is_default")]
    pub count_include_padding: bool,
}

impl AveragePool {
    /// A pool whose windows all end within the padding, which the mean does not count.
    pub fn new(kernel: impl Into<Pair>, stride: impl Into<Pair>, padding: impl Into<Sides>) -> Self {
        let (kernel, stride, padding) = (kernel.into(), stride.into(), padding.into());
        AveragePool { kernel, stride, padding, ceil: false, count_include_padding: false }
    }

    /// Its windows down the rows and across the columns.
    pub(crate) fn windows(&self) -> [Line; 2] {
        lines(self.kernel, self.stride, Pair::ONE, self.padding, self.ceil)
    }
}

impl LayerKind for AveragePool {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check(self.kernel, self.stride, self.padding)?;
        pooled(self.windows(), single(inputs)?)
    }
}

/// Checks the settings of a pool. A window must hold at least one pixel, hence the bound on the padding.
pub(super) fn check(kernel: Pair, stride: Pair, padding: Sides) -> Result<(), String> {
    kernel.check("kernel")?;
    stride.check("stride")?;
    padding.check("padding")?;
    let most = [padding.top.max(padding.bottom), padding.left.max(padding.right)];
    if most[0] > kernel.height / 2 || most[1] > kernel.width / 2 {
        return Err(format!("`padding` is {padding}, more than half the window, {kernel}"));
    }
    Ok(())
}

/// Output shape of a pool with these windows.
pub(super) fn pooled(windows: [Line; 2], input: Shape) -> Result<Shape, String> {
    let [height, width] = counts(windows, [input.height, input.width])?;
    Ok(Shape::new(input.channels, height, width))
}

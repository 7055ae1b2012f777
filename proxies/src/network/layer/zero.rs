//! The operation that cuts a path.

use super::{LayerKind, Pair, Shape, check_channels, is_default, single};
use serde::{Deserialize, Serialize};

/// Zeros: the operation that benchmarks call `none`. No signal passes through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zero {
    /// Number of channels, if it is not that of the input.
    #[serde(default, skip_serializing_if = "is_default")]
    pub channels: Option<usize>,
    /// Divisors of the height and width, which are rounded up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stride: Pair,
}

impl Zero {
    /// Zeros in the shape of the input.
    pub const fn new() -> Self {
        Zero { channels: None, stride: Pair::ONE }
    }
}

impl LayerKind for Zero {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        if let Some(channels) = self.channels {
            check_channels("channels", channels)?;
        }
        let channels = self.channels.unwrap_or(input.channels);
        self.stride.check("stride")?;
        let Pair { height, width } = self.stride;
        Ok(Shape::new(channels, input.height.div_ceil(height), input.width.div_ceil(width)))
    }
}

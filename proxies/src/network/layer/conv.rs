//! Convolution.

use super::super::parameter::{ParameterSpec, Role};
use super::window::{Line, counts, lines};
use super::{LayerKind, Pair, Shape, Sides, check_channels, is_default, single};
use serde::{Deserialize, Serialize};

/// A convolution (cross-correlation), zero padded. Output channel o reads the input channels of group
/// floor(o / (channels / groups)). Weight layout `[out, in / groups, kernel height, kernel width]`, bias `[out]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv {
    /// Output channels.
    pub channels: usize,
    /// Sides of the kernel.
    pub kernel: Pair,
    /// Steps between windows.
    #[serde(default)]
    pub stride: Pair,
    /// Zeros added on each side.
    #[serde(default)]
    pub padding: Sides,
    /// Steps between the pixels of a window.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dilation: Pair,
    /// Number of groups of channels that are convolved separately. With one group per input channel, the convolution is depthwise.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub groups: usize,
    /// Whether each output channel has a bias.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bias: bool,
}

fn one() -> usize {
    1
}

fn is_one(n: &usize) -> bool {
    *n == 1
}

impl Conv {
    /// A convolution of stride 1 without padding, dilation, groups or bias.
    pub fn new(channels: usize, kernel: impl Into<Pair>) -> Self {
        Conv {
            channels,
            kernel: kernel.into(),
            stride: Pair::ONE,
            padding: Sides::default(),
            dilation: Pair::ONE,
            groups: 1,
            bias: false,
        }
    }

    /// A convolution with an odd `kernel` that keeps the sides (`stride` 1) or divides them by `stride`.
    pub fn same(channels: usize, kernel: usize, stride: usize) -> Self {
        Conv::new(channels, kernel).strided(stride).padded(kernel / 2)
    }

    /// The same with this stride.
    pub fn strided(self, stride: impl Into<Pair>) -> Self {
        Conv { stride: stride.into(), ..self }
    }

    /// The same with this padding.
    pub fn padded(self, padding: impl Into<Sides>) -> Self {
        Conv { padding: padding.into(), ..self }
    }

    /// The same with this dilation.
    pub fn dilated(self, dilation: impl Into<Pair>) -> Self {
        Conv { dilation: dilation.into(), ..self }
    }

    /// The same with this many groups.
    pub fn grouped(self, groups: usize) -> Self {
        Conv { groups, ..self }
    }

    /// The same with a bias.
    pub fn with_bias(self) -> Self {
        Conv { bias: true, ..self }
    }

    /// Its windows down the rows and across the columns.
    pub(crate) fn windows(&self) -> [Line; 2] {
        lines(self.kernel, self.stride, self.dilation, self.padding, false)
    }
}

impl LayerKind for Conv {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        check_channels("channels", self.channels)?;
        self.kernel.check("kernel")?;
        self.stride.check("stride")?;
        self.dilation.check("dilation")?;
        self.padding.check("padding")?;
        let groups = self.groups;
        for (what, channels) in [("input", input.channels), ("output", self.channels)] {
            if groups == 0 || !channels.is_multiple_of(groups) {
                return Err(format!("`groups` is {groups}, which does not divide the {channels} {what} channels"));
            }
        }
        let [height, width] = counts(self.windows(), [input.height, input.width])?;
        Ok(Shape::new(self.channels, height, width))
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let filter = inputs[0].channels / self.groups;
        let shape = vec![self.channels, filter, self.kernel.height, self.kernel.width];
        let weight = ParameterSpec::new("weight", Role::Weight, shape);
        let fan_in = filter * self.kernel.area();
        let bias = self.bias.then(|| ParameterSpec::new("bias", Role::Bias { fan_in }, vec![self.channels]));
        [weight].into_iter().chain(bias).collect()
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        let filter = inputs[0].channels / self.groups * self.kernel.area() + usize::from(self.bias);
        filter as u64 * output.len() as u64
    }
}

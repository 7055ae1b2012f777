//! Convolution without bias.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, single, windows};

/// A square convolution without bias, zero padded. Weight layout `[out, in, kernel, kernel]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Output channels.
    pub channels: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Step between windows.
    pub stride: usize,
    /// Zeros on each side.
    pub padding: usize,
}

impl Conv {
    /// A convolution of an odd `kernel` that keeps the side (`stride` 1) or divides it by `stride`.
    pub fn same(channels: usize, kernel: usize, stride: usize) -> Self {
        Conv { channels, kernel, stride, padding: kernel / 2 }
    }
}

impl LayerKind for Conv {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        if self.channels == 0 {
            return Err("has no output channels".into());
        }
        let side = |n| windows(n, self.kernel, self.stride, self.padding);
        Ok(Shape::new(self.channels, side(input.height)?, side(input.width)?))
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let shape = vec![self.channels, inputs[0].channels, self.kernel, self.kernel];
        vec![ParameterSpec::new("weight", Role::Weight, shape)]
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        (inputs[0].channels * self.kernel * self.kernel * output.len()) as u64
    }
}

//! Linear layer.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, single};

/// `y = W x + b` on vectors. Weight layout `[out, in]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Output features.
    pub features: usize,
}

impl LayerKind for Linear {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        if input.area() != 1 {
            return Err(format!("takes a vector, got {input}"));
        }
        if self.features == 0 {
            return Err("has no outputs".into());
        }
        Ok(Shape::new(self.features, 1, 1))
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let fan_in = inputs[0].channels;
        vec![
            ParameterSpec::new("weight", Role::Weight, vec![self.features, fan_in]),
            ParameterSpec::new("bias", Role::Bias { fan_in }, vec![self.features]),
        ]
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        ((inputs[0].channels + 1) * output.channels) as u64
    }
}

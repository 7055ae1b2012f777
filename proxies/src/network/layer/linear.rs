//! Linear layer.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, check_channels, is_true, single, yes};
use serde::{Deserialize, Serialize};

/// `y = W x + b` on vectors. Weight layout `[out, in]`, bias `[out]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// Output features.
    pub features: usize,
    /// Whether each feature has a bias.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub bias: bool,
}

impl Linear {
    /// A linear layer with a bias.
    pub const fn new(features: usize) -> Self {
        Linear { features, bias: true }
    }

    /// The same without a bias.
    pub const fn without_bias(self) -> Self {
        Linear { bias: false, ..self }
    }
}

impl LayerKind for Linear {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check_channels("features", self.features)?;
        let input = single(inputs)?;
        if input.area() != 1 {
            return Err(format!("takes a vector, got {input}"));
        }
        Ok(Shape::new(self.features, 1, 1))
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let fan_in = inputs[0].channels;
        let weight = ParameterSpec::new("weight", Role::Weight, vec![self.features, fan_in]);
        let bias = self.bias.then(|| ParameterSpec::new("bias", Role::Bias { fan_in }, vec![self.features]));
        [weight].into_iter().chain(bias).collect()
    }

    fn flops(&self, inputs: &[Shape], output: Shape) -> u64 {
        (inputs[0].channels as u64 + u64::from(self.bias)) * output.channels as u64
    }
}

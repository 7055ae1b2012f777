//! Layer norm over the channels.

use super::super::parameter::ParameterSpec;
use super::batch_norm::{check_epsilon, is_usual_epsilon, scale_and_shift, usual_epsilon};
use super::{LayerKind, Shape, is_true, single, yes};
use serde::{Deserialize, Serialize};

/// Norm over the channels of each pixel of each image, as in ConvNeXt: (x - mean) / sqrt(variance + `eps`), then a learned scale
/// (`weight`) and shift (`bias`) for each channel if it is `affine`. The variance is the biased one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorm {
    /// Whether it has a scale and a shift.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub affine: bool,
    /// Added to the variance before its square root.
    #[serde(default = "usual_epsilon", skip_serializing_if = "is_usual_epsilon")]
    pub eps: f64,
}

impl LayerKind for LayerNorm {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check_epsilon(self.eps)?;
        single(inputs)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        scale_and_shift(self.affine, inputs[0].channels)
    }
}

//! Batch norm.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, single};

/// Batch norm with a mean and a variance per channel, epsilon [`BatchNorm::EPSILON`], and a learned scale (`weight`) and shift
/// (`bias`). Whose mean and variance, the batch's own (biased) or running ones, is up to the pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchNorm;

impl BatchNorm {
    /// Added to the variance before its square root.
    pub const EPSILON: f64 = 1e-5;
}

impl LayerKind for BatchNorm {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        single(inputs)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        let channels = vec![inputs[0].channels];
        vec![
            ParameterSpec::new("weight", Role::Scale, channels.clone()),
            ParameterSpec::new("bias", Role::Shift, channels),
        ]
    }
}

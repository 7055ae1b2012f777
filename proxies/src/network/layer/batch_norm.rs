//! Batch norm in training mode.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, single};

/// Batch norm with the batch's own mean and biased variance per channel, epsilon [`BatchNorm::EPSILON`], a learned
/// scale (`weight`) and shift (`bias`), and no running statistics.
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

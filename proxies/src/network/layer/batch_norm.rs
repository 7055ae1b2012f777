//! Batch norm.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, is_true, single, yes};
use serde::{Deserialize, Serialize};

/// Batch norm: (x - mean) / sqrt(variance + `eps`) with a mean and a variance per channel, then a learned scale (`weight`) and
/// shift (`bias`) if it is `affine`. The pass decides whether mean and variance are those of the batch (biased) or running ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {
    /// Whether it has a scale and a shift.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub affine: bool,
    /// Added to the variance before its square root.
    #[serde(default = "usual_epsilon", skip_serializing_if = "is_usual_epsilon")]
    pub eps: f64,
}

pub(super) fn usual_epsilon() -> f64 {
    BatchNorm::EPSILON
}

pub(super) fn is_usual_epsilon(eps: &f64) -> bool {
    *eps == BatchNorm::EPSILON
}

impl BatchNorm {
    /// The default `eps`, which is added to the variance.
    pub const EPSILON: f64 = 1e-5;

    /// A batch norm with scale and shift, and the usual epsilon.
    pub const fn new() -> Self {
        BatchNorm { affine: true, eps: BatchNorm::EPSILON }
    }

    /// The same without scale and shift.
    pub const fn without_affine(self) -> Self {
        BatchNorm { affine: false, ..self }
    }

    /// The same with this epsilon.
    pub const fn with_epsilon(self, eps: f64) -> Self {
        BatchNorm { eps, ..self }
    }
}

impl Default for BatchNorm {
    fn default() -> Self {
        BatchNorm::new()
    }
}

impl LayerKind for BatchNorm {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check_epsilon(self.eps)?;
        single(inputs)
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        scale_and_shift(self.affine, inputs[0].channels)
    }
}

/// Checks that adding this to a variance leaves a square root above zero.
pub(super) fn check_epsilon(eps: f64) -> Result<(), String> {
    if eps.is_finite() && eps > 0.0 { Ok(()) } else { Err(format!("`eps` is {eps}; it must be above 0")) }
}

/// The parameters of a norm over this many channels.
pub(super) fn scale_and_shift(affine: bool, channels: usize) -> Vec<ParameterSpec> {
    if !affine {
        return Vec::new();
    }
    vec![
        ParameterSpec::new("weight", Role::Scale { start: 1.0 }, vec![channels]),
        ParameterSpec::new("bias", Role::Shift, vec![channels]),
    ]
}

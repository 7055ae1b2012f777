//! Layer scale.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};

/// Each channel times its own weight, which starts from `init` (layer scale, Touvron et al. 2021, as in ConvNeXt).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Initial value of the weights, whatever the initialiser (only `perturbed` multiplies it).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub init: f64,
}

fn one() -> f64 {
    1.0
}

fn is_one(init: &f64) -> bool {
    *init == 1.0
}

impl LayerKind for Scale {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match (self.init as f32).is_finite() {
            true => single(inputs),
            false => Err(format!("`init` is {}", self.init)),
        }
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<ParameterSpec> {
        vec![ParameterSpec::new("weight", Role::Scale { start: self.init }, vec![inputs[0].channels])]
    }
}

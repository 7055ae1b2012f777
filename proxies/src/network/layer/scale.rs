//! Layer scale.

use super::super::parameter::{ParameterSpec, Role};
use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};

/// Every channel times a weight of its own, which starts from `init` (layer scale, Touvron et al. 2021, as ConvNeXt has it).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// What the weights start from, whatever the initialiser.
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

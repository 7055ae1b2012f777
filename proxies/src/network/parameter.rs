//! Parameter tensors: what a layer declares, and what a network lists.

use super::LayerId;

/// The role of a parameter, which initialisers and proxies go by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// Weight of a convolution or linear layer: the tensors that proxies such as synflow and grad_norm sum over.
    Weight,
    /// Bias of a convolution or linear layer, with that layer's number of inputs.
    Bias {
        /// Number of inputs per output.
        fan_in: usize,
    },
    /// Scale of a norm, or of a layer scale.
    Scale {
        /// Initial value.
        start: f64,
    },
    /// Shift of a norm.
    Shift,
}

/// A parameter as its layer kind declares it: the network adds the layer's name.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Last part of the name: `weight` or `bias`.
    pub suffix: &'static str,
    /// What it is for.
    pub role: Role,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
}

impl ParameterSpec {
    pub(super) fn new(suffix: &'static str, role: Role, shape: Vec<usize>) -> Self {
        ParameterSpec { suffix, role, shape }
    }
}

/// A parameter of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// `LAYER.weight` or `LAYER.bias`: the name that keys its random stream.
    pub name: String,
    /// The layer that uses it.
    pub layer: LayerId,
    /// What it is for.
    pub role: Role,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
}

impl Parameter {
    /// Number of values in the tensor.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of inputs per output of a weight: the product of all dimensions but the first.
    pub fn fan_in(&self) -> usize {
        self.shape[1..].iter().product()
    }
}

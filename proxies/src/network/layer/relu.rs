//! Rectified linear unit.

use super::{LayerKind, Shape, single};

/// max(x, 0), with derivative 0 at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relu;

impl LayerKind for Relu {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        single(inputs)
    }
}

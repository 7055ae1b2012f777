//! Product of two values.

use super::{LayerKind, Shape};

/// Element-wise product of two inputs of the same shape, or of a map and a vector with as many channels (a gate, as in
/// squeeze-and-excitation), in either order. The two inputs may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mul;

settingless!(Mul);

impl LayerKind for Mul {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let [one, two] = *inputs else { return Err(format!("takes two inputs, got {}", inputs.len())) };
        let is_gate = |gate: Shape, of: Shape| gate.area() == 1 && gate.channels == of.channels;
        match () {
            () if one == two || is_gate(two, one) => Ok(one),
            () if is_gate(one, two) => Ok(two),
            () => Err(format!("cannot multiply {one} by {two}: a gate has as many channels, and one row and column")),
        }
    }
}

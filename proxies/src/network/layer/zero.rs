//! The operation that cuts a path.

use super::{LayerKind, Shape, single};

/// Zeros in the shape of the input: the benchmarks' `none`. No path through it carries anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zero;

impl LayerKind for Zero {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        single(inputs)
    }
}

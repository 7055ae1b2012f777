//! Flattening of a map to a vector.

use super::{LayerKind, Shape, single};

/// All values as a vector, row-major: channel, row, column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten;

settingless!(Flatten);

impl LayerKind for Flatten {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(Shape::new(single(inputs)?.len(), 1, 1))
    }
}

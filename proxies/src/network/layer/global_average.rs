//! Global average pool.

use super::{LayerKind, Shape, single};

/// Mean of each channel over all its pixels: a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalAverage;

settingless!(GlobalAverage);

impl LayerKind for GlobalAverage {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(Shape::new(single(inputs)?.channels, 1, 1))
    }
}

//! Global max pool.

use super::{LayerKind, Shape, single};

/// Maximum of each channel over all its pixels: a vector. Ties send their gradient to the first maximum in row-major order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalMax;

settingless!(GlobalMax);

impl LayerKind for GlobalMax {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(Shape::new(single(inputs)?.channels, 1, 1))
    }
}

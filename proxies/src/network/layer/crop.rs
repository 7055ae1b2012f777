//! Cropping.

use super::{LayerKind, Shape, Sides, single};
use serde::{Deserialize, Serialize};

/// The image without `margin` rows and columns at each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Rows and columns that are cut off.
    pub margin: Sides,
}

impl LayerKind for Crop {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        self.margin.check("margin")?;
        let Sides { top, left, bottom, right } = self.margin;
        let left_over = |side: usize, margin: usize| side.checked_sub(margin).filter(|&side| side > 0);
        match (left_over(input.height, top + bottom), left_over(input.width, left + right)) {
            (Some(height), Some(width)) => Ok(Shape::new(input.channels, height, width)),
            _ => Err(format!("nothing is left of {input} without a `margin` of {}", self.margin)),
        }
    }
}

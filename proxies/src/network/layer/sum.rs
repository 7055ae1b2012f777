//! Sum of several values.

use super::{LayerKind, Shape};

/// Element-wise sum of one or more inputs of the same shape. The same input may occur more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum;

settingless!(Sum);

impl LayerKind for Sum {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let first = *inputs.first().ok_or("sums nothing")?;
        match inputs.iter().find(|&&shape| shape != first) {
            Some(other) => Err(format!("cannot add {other} to {first}")),
            None => Ok(first),
        }
    }
}

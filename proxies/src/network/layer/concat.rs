//! Concatenation along the channels.

use super::{LayerKind, Shape};

/// The channels of all inputs, in order; all inputs have the same height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat;

settingless!(Concat);

impl LayerKind for Concat {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let first = *inputs.first().ok_or("concatenates nothing")?;
        if let Some(other) = inputs.iter().find(|shape| (shape.height, shape.width) != (first.height, first.width)) {
            return Err(format!("cannot concatenate {other} to {first}"));
        }
        Ok(first.with_channels(inputs.iter().fold(0, |sum: usize, shape| sum.saturating_add(shape.channels))))
    }
}

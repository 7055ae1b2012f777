//! Cropping.

use super::step::{Context, Given, Gradients, Step, Tape};
use super::windows::pad;
use crate::network::{Crop, Sides};
use candle_core::{Result, Tensor};

impl Step for Crop {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let Sides { top, left, .. } = self.margin;
        let rows = at.inputs[0].narrow(2, top, at.layer.shape.height)?;
        Ok((rows.narrow(3, left, at.layer.shape.width)?.contiguous()?, Tape::new()))
    }

    fn backward(&self, _at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let Sides { top, left, bottom, right } = self.margin;
        let rows = pad(gradient, 2, top, bottom, 0.0)?;
        Ok((vec![Some(pad(&rows, 3, left, right, 0.0)?)], vec![]))
    }
}

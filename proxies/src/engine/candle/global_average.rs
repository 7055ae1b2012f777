//! Global average.

use super::step::{Context, Given, Gradients, Step, Tape};
use crate::network::GlobalAverage;
use candle_core::{Result, Tensor};

impl Step for GlobalAverage {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        Ok((at.inputs[0].mean_keepdim((2, 3))?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let (_, _, height, width) = at.inputs[0].dims4()?;
        let share = (gradient / (height * width) as f64)?;
        Ok((vec![Some(share.broadcast_as(at.inputs[0].shape())?.contiguous()?)], vec![]))
    }
}

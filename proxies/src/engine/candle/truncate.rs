//! Truncation of the channels.

use super::step::{Context, Given, Gradients, Step, Tape};
use super::windows::pad;
use crate::network::Truncate;
use candle_core::{Result, Tensor};

impl Step for Truncate {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        Ok((at.inputs[0].narrow(1, self.first, self.channels)?.contiguous()?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let behind = at.inputs[0].dim(1)? - self.first - self.channels;
        Ok((vec![Some(pad(gradient, 1, self.first, behind, 0.0)?)], vec![]))
    }
}

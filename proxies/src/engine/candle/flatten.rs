//! Feature maps as vectors.

use super::step::{Context, Given, Gradients, Step, Tape};
use crate::network::Flatten;
use candle_core::{Result, Tensor};

impl Step for Flatten {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let x = at.inputs[0];
        Ok((x.reshape((x.dim(0)?, at.layer.shape.channels, 1, 1))?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        Ok((vec![Some(gradient.reshape(at.inputs[0].shape())?)], vec![]))
    }
}

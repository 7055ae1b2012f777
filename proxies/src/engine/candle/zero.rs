//! Zeros.

use super::step::{Context, Given, Gradients, Step, Tape};
use crate::network::{Shape, Zero};
use candle_core::{Result, Tensor};

impl Step for Zero {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let Shape { channels, height, width } = at.layer.shape;
        let x = at.inputs[0];
        Ok((Tensor::zeros((x.dim(0)?, channels, height, width), x.dtype(), x.device())?, Tape::new()))
    }

    fn backward(&self, _at: &Context<'_>, _gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        Ok((vec![None], vec![]))
    }

    fn tangent(&self, _at: &Context<'_>, _tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        Ok((None, Tape::new()))
    }
}

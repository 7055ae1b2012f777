//! Concatenation.

use super::step::{Context, Given, Gradients, Step, Tape};
use crate::network::Concat;
use candle_core::{Result, Tensor};

impl Step for Concat {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        Ok((Tensor::cat(at.inputs, 1)?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let mut start = 0;
        let mut parts = Vec::with_capacity(at.inputs.len());
        for input in at.inputs {
            let channels = input.dim(1)?;
            parts.push(Some(gradient.narrow(1, start, channels)?.contiguous()?));
            start += channels;
        }
        Ok((parts, vec![]))
    }
}

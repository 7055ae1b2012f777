//! Layer scale.

use super::step::{Context, Given, Gradients, Step, Tape};
use super::total;
use crate::network::Scale;
use candle_core::{Result, Tensor};

/// The weights, [1, C, 1, 1].
fn per_channel(parameters: &[Tensor]) -> Result<Tensor> {
    parameters[0].reshape((1, parameters[0].elem_count(), 1, 1))
}

impl Step for Scale {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        Ok((at.inputs[0].broadcast_mul(&per_channel(at.parameters)?)?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, with_parameters: bool) -> Result<Gradients> {
        let by_input = gradient.broadcast_mul(&per_channel(at.parameters)?)?;
        let mut by_parameters = vec![];
        if with_parameters {
            by_parameters.push(total(&(gradient * at.inputs[0])?.flatten_from(2)?)?.flatten_all()?);
        }
        Ok((vec![Some(by_input)], by_parameters))
    }
}

//! Global max. The gradient goes to the first maximum of each channel.

use super::step::{Context, Given, Gradients, Step, Tape};
use crate::network::GlobalMax;
use candle_core::{Result, Tensor};

impl Step for GlobalMax {
    /// Keeps the place of each maximum, [N, C, 1].
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let flat = at.inputs[0].flatten_from(2)?;
        let place = flat.argmax_keepdim(2)?;
        Ok((flat.gather(&place, 2)?.unsqueeze(3)?, vec![place]))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let zeros = at.inputs[0].flatten_from(2)?.zeros_like()?;
        let by_input = zeros.scatter_add(&at.tape[0], &gradient.flatten_from(2)?.contiguous()?, 2)?;
        Ok((vec![Some(by_input.reshape(at.inputs[0].shape())?)], vec![]))
    }

    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let output = tangents[0].map(|tangent| tangent.flatten_from(2)?.gather(&at.tape[0], 2)?.unsqueeze(3));
        Ok((output.transpose()?, Tape::new()))
    }
}

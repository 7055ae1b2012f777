//! Layer norm over the channels.

use super::step::{Context, Given, Gradients, Moving, Step, Tape, accumulate};
use super::total;
use crate::network::LayerNorm;
use candle_core::{Result, Tensor};

/// Mean over the channels, [N, 1, H, W].
fn mean(x: &Tensor) -> Result<Tensor> {
    x.mean_keepdim(1)
}

/// `x` times the scale, if there is one.
fn scaled(x: &Tensor, parameters: &[Tensor]) -> Result<Tensor> {
    parameters.first().map_or(Ok(x.clone()), |scale| x.broadcast_mul(&per_channel(scale)?))
}

fn per_channel(parameter: &Tensor) -> Result<Tensor> {
    parameter.reshape((1, parameter.elem_count(), 1, 1))
}

/// `h` without its mean and without its component along the normalised input.
fn residual(h: &Tensor, normalised: &Tensor) -> Result<Tensor> {
    let along = mean(&(h * normalised)?)?;
    h.broadcast_sub(&mean(h)?)? - normalised.broadcast_mul(&along)?
}

impl Step for LayerNorm {
    /// Keeps the normalised input and the inverse deviation, [N, 1, H, W].
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let x = at.inputs[0];
        let centred = x.broadcast_sub(&mean(x)?)?;
        let inverse_deviation = (mean(&centred.sqr()?)? + self.eps)?.sqrt()?.recip()?;
        let normalised = centred.broadcast_mul(&inverse_deviation)?;
        let y = scaled(&normalised, at.parameters)?;
        let y = match at.parameters.get(1) {
            Some(shift) => y.broadcast_add(&per_channel(shift)?)?,
            None => y,
        };
        Ok((y, vec![normalised, inverse_deviation]))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, with_parameters: bool) -> Result<Gradients> {
        let (normalised, inverse_deviation) = (&at.tape[0], &at.tape[1]);
        let by_input = residual(&scaled(gradient, at.parameters)?, normalised)?.broadcast_mul(inverse_deviation)?;
        let mut by_parameters = vec![];
        if with_parameters && self.affine {
            for by_parameter in [&(gradient * normalised)?, gradient] {
                by_parameters.push(total(&by_parameter.flatten_from(2)?)?.flatten_all()?);
            }
        }
        Ok((vec![Some(by_input)], by_parameters))
    }

    /// Keeps the tangents of what the forward step keeps.
    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let Some(tangent) = tangents[0] else { return Ok((None, Tape::new())) };
        let (normalised, inverse_deviation) = (&at.tape[0], &at.tape[1]);
        let along = mean(&(tangent * normalised)?)?;
        let moved = residual(tangent, normalised)?.broadcast_mul(inverse_deviation)?;
        let inverse_moved = (along * inverse_deviation.sqr()?)?.neg()?;
        Ok((Some(scaled(&moved, at.parameters)?), vec![moved, inverse_moved]))
    }

    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        let mut by_input = match moving.tangent {
            Some(tangent) => self.backward(at, tangent, false)?.0.pop().flatten(),
            None => None,
        };
        if let [moved, inverse_moved] = moving.tape.as_slice() {
            let (normalised, inverse_deviation) = (&at.tape[0], &at.tape[1]);
            let h = scaled(moving.gradient, at.parameters)?;
            let [along, along_moved] = [mean(&(&h * normalised)?)?, mean(&(&h * moved)?)?];
            let by_deviation = residual(&h, normalised)?.broadcast_mul(inverse_moved)?;
            let by_normalised = (moved.broadcast_mul(&along)? + normalised.broadcast_mul(&along_moved)?)?;
            accumulate(&mut by_input, (by_deviation - by_normalised.broadcast_mul(inverse_deviation)?)?)?;
        }
        Ok((vec![by_input], None))
    }
}

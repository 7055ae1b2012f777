//! Batch norm with the batch's own statistics, which are differentiated too, or with running ones.

use super::step::{Context, Given, Gradients, Moving, Step, Tape, accumulate};
use super::total;
use crate::network::BatchNorm;
use candle_core::{Result, Tensor};

/// What the forward step keeps; all but the normalised input, [N, C, P], are [1, C, 1].
struct Kept<'a> {
    normalised: &'a Tensor,
    /// 1 / sqrt(variance + epsilon).
    inverse_deviation: &'a Tensor,
    /// Whether the statistics are the batch's own.
    measured: bool,
}

impl<'a> Kept<'a> {
    fn of(tape: &'a Tape) -> Self {
        Kept { normalised: &tape[0], inverse_deviation: &tape[1], measured: measured(tape).is_some() }
    }
}

/// The means and biased variances of the batch, [1, C, 1], if the batch norm computed them.
pub(super) fn measured(tape: &Tape) -> Option<[&Tensor; 2]> {
    match tape.as_slice() {
        [_, _, mean, variance] => Some([mean, variance]),
        _ => None,
    }
}

fn per_channel(parameter: &Tensor) -> Result<Tensor> {
    parameter.reshape((1, parameter.elem_count(), 1))
}

/// `x` times the scale, if there is one.
fn scaled(x: &Tensor, parameters: &[Tensor]) -> Result<Tensor> {
    parameters.first().map_or(Ok(x.clone()), |scale| x.broadcast_mul(&per_channel(scale)?))
}

/// Numbers in each channel of [N, C, P].
fn count(flat: &Tensor) -> Result<f64> {
    Ok((flat.dim(0)? * flat.dim(2)?) as f64)
}

impl Step for BatchNorm {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let x = at.inputs[0];
        let flat = x.flatten_from(2)?;
        let count = count(&flat)?;
        let given = |values: &[f32]| Tensor::from_slice(values, (1, values.len(), 1), x.device())?.to_dtype(x.dtype());
        let mean = match at.running {
            Some(running) => given(&running.mean)?,
            None => (total(&flat)? / count)?,
        };
        let centred = flat.broadcast_sub(&mean)?;
        let variance = match at.running {
            Some(running) => given(&running.variance)?,
            None => (total(&centred.sqr()?)? / count)?,
        };
        let inverse_deviation = (&variance + self.eps)?.sqrt()?.recip()?;
        let normalised = centred.broadcast_mul(&inverse_deviation)?;
        let y = scaled(&normalised, at.parameters)?;
        let y = match at.parameters.get(1) {
            Some(shift) => y.broadcast_add(&per_channel(shift)?)?,
            None => y,
        };
        let mut tape = vec![normalised, inverse_deviation];
        if at.running.is_none() {
            tape.extend([mean, variance]);
        }
        Ok((y.reshape(x.shape())?, tape))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let kept = Kept::of(at.tape);
        let flat = gradient.flatten_from(2)?;
        let count = count(&flat)?;
        let by_shift = total(&flat)?;
        let by_scale = total(&(&flat * kept.normalised)?)?;
        let factor = match at.parameters.first() {
            Some(scale) => (per_channel(scale)? * kept.inverse_deviation)?,
            None => kept.inverse_deviation.clone(),
        };
        let centred = if kept.measured {
            let common = kept.normalised.broadcast_mul(&(&by_scale / count)?)?.broadcast_add(&(&by_shift / count)?)?;
            (flat - common)?
        } else {
            flat
        };
        let by_input = centred.broadcast_mul(&factor)?.reshape(gradient.shape())?;
        let by_parameters = if self.affine { vec![by_scale.flatten_all()?, by_shift.flatten_all()?] } else { vec![] };
        Ok((vec![Some(by_input)], by_parameters))
    }

    /// Keeps the tangents of the normalised input and of the inverse deviation.
    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let Some(tangent) = tangents[0] else { return Ok((None, Tape::new())) };
        let kept = Kept::of(at.tape);
        let flat = tangent.flatten_from(2)?;
        let count = count(&flat)?;
        let centred = flat.broadcast_sub(&(total(&flat)? / count)?)?;
        let along = (total(&(&centred * kept.normalised)?)? / count)?;
        let across = (centred - kept.normalised.broadcast_mul(&along)?)?;
        let normalised = across.broadcast_mul(kept.inverse_deviation)?;
        let inverse_deviation = (along * kept.inverse_deviation.sqr()?)?.neg()?;
        let y = scaled(&normalised, at.parameters)?.reshape(tangent.shape())?;
        Ok((Some(y), vec![normalised, inverse_deviation]))
    }

    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        let mut by_input = match moving.tangent {
            Some(tangent) => self.backward(at, tangent, false)?.0.pop().flatten(),
            None => None,
        };
        if let [normalised_moved, inverse_moved] = moving.tape.as_slice() {
            let kept = Kept::of(at.tape);
            let flat = moving.gradient.flatten_from(2)?;
            let count = count(&flat)?;
            let mean = (total(&flat)? / count)?;
            let product = (total(&(&flat * kept.normalised)?)? / count)?;
            let product_moved = (total(&(&flat * normalised_moved)?)? / count)?;
            let residual = (flat.broadcast_sub(&mean)? - kept.normalised.broadcast_mul(&product)?)?;
            let residual_moved =
                (kept.normalised.broadcast_mul(&product_moved)? + normalised_moved.broadcast_mul(&product)?)?;
            let sum =
                (residual.broadcast_mul(inverse_moved)? - residual_moved.broadcast_mul(kept.inverse_deviation)?)?;
            accumulate(&mut by_input, scaled(&sum, at.parameters)?.reshape(moving.gradient.shape())?)?;
        }
        Ok((vec![by_input], None))
    }
}

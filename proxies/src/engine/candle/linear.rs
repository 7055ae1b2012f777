//! Linear layers.

use super::step::{Context, Given, Gradients, Moving, Step, Tape, accumulate};
use crate::network::Linear;
use candle_core::{Result, Tensor};

impl Step for Linear {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let features = at.inputs[0].flatten_from(1)?.matmul(&at.parameters[0].t()?)?;
        let features = match at.parameters.get(1) {
            Some(bias) => features.broadcast_add(bias)?,
            None => features,
        };
        Ok((features.reshape((at.inputs[0].dim(0)?, self.features, 1, 1))?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let (x, gradient) = (at.inputs[0].flatten_from(1)?, gradient.flatten_from(1)?);
        let by_input = gradient.matmul(&at.parameters[0])?.reshape(at.inputs[0].shape())?;
        let mut by_parameters = vec![gradient.t()?.matmul(&x)?];
        if self.bias {
            by_parameters.push(gradient.sum(0)?);
        }
        Ok((vec![Some(by_input)], by_parameters))
    }

    /// w' x + w x' = w (x + x').
    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let both = tangents[0].map_or(Ok(at.inputs[0].clone()), |tangent| at.inputs[0] + tangent)?;
        let product = both.flatten_from(1)?.matmul(&at.parameters[0].t()?)?;
        Ok((Some(product.reshape(at.output.shape())?), Tape::new()))
    }

    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        weighted(self, at, moving, |x, gradient| gradient.flatten_from(1)?.t()?.matmul(&x.flatten_from(1)?))
    }
}

/// The tangent's backward step of a layer with a weight w' = w. `by_weight` computes the weight's gradient from an input and the
/// gradient with respect to the output.
pub(super) fn weighted(
    step: &dyn Step,
    at: &Context<'_>,
    moving: &Moving<'_>,
    by_weight: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
    let both = match moving.tangent {
        Some(tangent) => (moving.gradient + tangent)?,
        None => moving.gradient.clone(),
    };
    let mut product = None;
    for (x, gradient) in [(moving.inputs[0], Some(moving.gradient)), (Some(at.inputs[0]), moving.tangent)] {
        if let (Some(x), Some(gradient)) = (x, gradient) {
            accumulate(&mut product, by_weight(x, gradient)?)?;
        }
    }
    Ok((step.backward(at, &both, false)?.0, product))
}

//! Products of two values, one of which may be a vector that gates the other.

use super::step::{Context, Given, Gradients, Moving, Step, Tape, accumulate};
use crate::network::Mul;
use candle_core::{Result, Tensor};

/// The gradient with respect to a factor with the shape of `like`, given `gradient` with respect to the product and the other factor.
fn by_factor(like: &Tensor, other: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let product = gradient.broadcast_mul(other)?;
    if product.dims() == like.dims() {
        return Ok(product);
    }
    // First within each row, then over rows: short sums lose less precision in f32.
    product.sum_keepdim(3)?.sum_keepdim(2)
}

impl Step for Mul {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        Ok((at.inputs[0].broadcast_mul(at.inputs[1])?, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, _with_parameters: bool) -> Result<Gradients> {
        let [one, two] = [at.inputs[0], at.inputs[1]];
        Ok((vec![Some(by_factor(one, two, gradient)?), Some(by_factor(two, one, gradient)?)], vec![]))
    }

    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let mut sum = None;
        for (i, tangent) in tangents.iter().enumerate() {
            if let Some(tangent) = tangent {
                accumulate(&mut sum, tangent.broadcast_mul(at.inputs[1 - i])?)?;
            }
        }
        Ok((sum, Tape::new()))
    }

    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        let mut moved = vec![None, None];
        for (i, moved) in moved.iter_mut().enumerate() {
            let (own, other) = (at.inputs[i], 1 - i);
            if let Some(tangent) = moving.tangent {
                accumulate(moved, by_factor(own, at.inputs[other], tangent)?)?;
            }
            if let Some(tangent) = moving.inputs[other] {
                accumulate(moved, by_factor(own, tangent, moving.gradient)?)?;
            }
        }
        Ok((moved, None))
    }
}

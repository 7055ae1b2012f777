//! One layer's tangents, forward and backward: how its output, and the gradients it hands on, move as all convolution and
//! linear weights grow in proportion (w' = w; biases and batch norms' parameters stand still).
//!
//! What is linear in the values (or in the gradient) is its own tangent step. Max pools choose as they do.

pub(super) mod batch_norm;

use super::step::{self, Context, Tape};
use super::{activation, conv, pool, side};
use crate::network::Op;
use candle_core::{Result, Tensor};

/// Tangent of the layer's output, given those of its inputs; `None` is zero. For batch norms also how the statistics move.
pub(super) fn forward(
    at: &Context<'_>,
    tangents: &[Option<&Tensor>],
) -> Result<(Option<Tensor>, Option<batch_norm::Moved>)> {
    // w' x + w x' = w (x + x').
    let with_input = || match tangents[0] {
        Some(tangent) => at.inputs[0] + tangent,
        None => Ok(at.inputs[0].clone()),
    };
    let output = match (&at.layer.op, tangents[0]) {
        (Op::Conv(kind), _) => conv::forward(kind, &with_input()?, &at.parameters[0], side(at.layer.shape))?,
        (Op::Linear(_), _) => {
            let product = with_input()?.flatten_from(1)?.matmul(&at.parameters[0].t()?)?;
            product.reshape(at.output.shape())?
        }
        _ if tangents.iter().all(Option::is_none) => return Ok((None, None)),
        (Op::BatchNorm(_), Some(tangent)) => {
            let Tape::BatchNorm(saved) = at.tape else { return Ok((Some(tangent.clone()), None)) };
            let (output, moved) = batch_norm::forward(saved, at.parameters, tangent)?;
            return Ok((Some(output), Some(moved)));
        }
        (Op::Activation(kind), Some(tangent)) => activation::backward(*kind, at.inputs[0], tangent)?,
        (Op::MaxPool(kind), Some(tangent)) => pool::max_tangent(kind, at.inputs[0], at.output, tangent)?,
        _ => {
            let zeros = at.inputs.iter().map(|input| input.zeros_like()).collect::<Result<Vec<Tensor>>>()?;
            let tangents: Vec<&Tensor> =
                tangents.iter().zip(&zeros).map(|(tangent, zero)| tangent.unwrap_or(zero)).collect();
            step::forward(at.layer, &tangents, at.parameters, None)?.0
        }
    };
    Ok((Some(output), None))
}

/// Tangents of the gradients by each wanted input and by the layer's weight, if it has one: from the tangents of its
/// inputs, of its statistics, of the `gradient` by its output. `None` is zero.
pub(super) fn backward(
    at: &Context<'_>,
    tangents: &[Option<&Tensor>],
    moved: Option<&batch_norm::Moved>,
    (gradient, tangent): (&Tensor, Option<&Tensor>),
    wanted: &[bool],
) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
    let own = |by_output: Option<&Tensor>| -> Result<Vec<Option<Tensor>>> {
        by_output
            .map_or(Ok(vec![None; at.inputs.len()]), |by_output| Ok(step::backward(at, by_output, wanted, false)?.0))
    };
    match (&at.layer.op, at.tape) {
        (Op::Conv(_) | Op::Linear(_), _) => {
            let both = match tangent {
                Some(tangent) => (gradient + tangent)?,
                None => gradient.clone(),
            };
            let mut by_weight = None;
            for (x, by_output) in [(tangents[0], Some(gradient)), (Some(at.inputs[0]), tangent)] {
                if let (Some(x), Some(by_output)) = (x, by_output) {
                    step::accumulate(&mut by_weight, weight_gradient(&at.layer.op, x, by_output)?)?;
                }
            }
            Ok((own(Some(&both))?, by_weight))
        }
        (Op::BatchNorm(_), Tape::BatchNorm(saved)) => {
            let mut by_input = own(tangent)?.pop().flatten();
            if let Some(moved) = moved {
                let by_statistics = batch_norm::backward(saved, moved, at.parameters, gradient)?;
                step::accumulate(&mut by_input, by_statistics)?;
            }
            Ok((vec![by_input], None))
        }
        (Op::Activation(kind), _) => {
            let mut by_input = own(tangent)?.pop().flatten();
            if let Some(moved) = tangents[0]
                && let Some(bent) = activation::bend(*kind, at.inputs[0], moved, gradient)?
            {
                step::accumulate(&mut by_input, bent)?;
            }
            Ok((vec![by_input], None))
        }
        _ => Ok((own(tangent)?, None)),
    }
}

/// Gradient by the weight of a convolution or linear layer that reads `x`.
fn weight_gradient(op: &Op, x: &Tensor, by_output: &Tensor) -> Result<Tensor> {
    match op {
        Op::Conv(kind) => conv::weight_gradient(kind, x, by_output),
        _ => by_output.flatten_from(1)?.t()?.matmul(&x.flatten_from(1)?),
    }
}

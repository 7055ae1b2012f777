//! One layer forward and backward, by its kind.

use super::{activation, batch_norm, conv, pool, side, windows};
use crate::network::{Channels, Layer, Op};
use candle_core::{Result, Tensor};

/// What a layer keeps from its forward step for its backward step, beyond its inputs and its output.
pub(super) enum Tape {
    Nothing,
    BatchNorm(batch_norm::Saved),
}

/// What a backward step works from.
pub(super) struct Context<'a> {
    pub layer: &'a Layer,
    pub inputs: &'a [&'a Tensor],
    pub parameters: &'a [Tensor],
    pub output: &'a Tensor,
    pub tape: &'a Tape,
}

/// The layer's output, [N, C, H, W], and what its backward step needs. Batch norms use `running` statistics if there are any.
pub(super) fn forward(
    layer: &Layer,
    inputs: &[&Tensor],
    parameters: &[Tensor],
    running: Option<&Channels>,
) -> Result<(Tensor, Tape)> {
    let output = match &layer.op {
        Op::Conv(kind) => {
            let y = conv::forward(kind, inputs[0], &parameters[0], side(layer.shape))?;
            match parameters.get(1) {
                Some(bias) => y.broadcast_add(&bias.reshape((1, kind.channels, 1, 1))?)?,
                None => y,
            }
        }
        Op::BatchNorm(kind) => {
            let (output, saved) = batch_norm::forward(*kind, inputs[0], parameters, running)?;
            return Ok((output, Tape::BatchNorm(saved)));
        }
        Op::Activation(kind) => activation::forward(*kind, inputs[0])?,
        Op::Sum(_) => inputs[1..].iter().try_fold(inputs[0].clone(), |sum, &term| sum + term)?,
        Op::Concat(_) => Tensor::cat(inputs, 1)?,
        Op::Truncate(kind) => inputs[0].narrow(1, 0, kind.channels)?.contiguous()?,
        Op::AveragePool(kind) => pool::average(kind, inputs[0])?,
        Op::MaxPool(kind) => pool::max(kind, inputs[0])?,
        Op::GlobalAverage(_) => inputs[0].mean_keepdim((2, 3))?,
        Op::Linear(_) => {
            let features = inputs[0].flatten_from(1)?.matmul(&parameters[0].t()?)?;
            let features = match parameters.get(1) {
                Some(bias) => features.broadcast_add(bias)?,
                None => features,
            };
            features.reshape((inputs[0].dim(0)?, layer.shape.channels, 1, 1))?
        }
        Op::Zero(_) => {
            let dims = (inputs[0].dim(0)?, layer.shape.channels, layer.shape.height, layer.shape.width);
            Tensor::zeros(dims, inputs[0].dtype(), inputs[0].device())?
        }
        Op::Input(_) => return Err(candle_core::Error::Msg("the input layer does not run".into())),
    };
    Ok((output, Tape::Nothing))
}

/// Gradients by each wanted input and, if `with_parameters`, by each parameter, from `gradient` by the output.
/// `None` for inputs that are not wanted or get nothing.
pub(super) fn backward(
    at: &Context<'_>,
    gradient: &Tensor,
    wanted: &[bool],
    with_parameters: bool,
) -> Result<(Vec<Option<Tensor>>, Vec<Tensor>)> {
    let input_side = || Ok::<_, candle_core::Error>((at.inputs[0].dim(2)?, at.inputs[0].dim(3)?));
    let by_input = match (&at.layer.op, at.tape) {
        (Op::Conv(kind), _) => {
            let mut by_parameters = vec![];
            if with_parameters {
                by_parameters.push(conv::weight_gradient(kind, at.inputs[0], gradient)?);
                if kind.bias {
                    by_parameters.push(batch_norm::total(&gradient.flatten_from(2)?)?.flatten_all()?);
                }
            }
            let by_input = if wanted[0] {
                Some(conv::input_gradient(kind, &at.parameters[0], gradient, input_side()?)?)
            } else {
                None
            };
            return Ok((vec![by_input], by_parameters));
        }
        (Op::BatchNorm(_), Tape::BatchNorm(saved)) => {
            let (by_input, by_affine) = batch_norm::backward(saved, at.parameters, gradient)?;
            return Ok((vec![Some(by_input)], by_affine));
        }
        (Op::BatchNorm(_), Tape::Nothing) | (Op::Input(_), _) => {
            return Err(candle_core::Error::Msg("the layer has no backward step".into()));
        }
        (Op::Linear(_), _) => {
            let (x, gradient) = (at.inputs[0].flatten_from(1)?, gradient.flatten_from(1)?);
            let by_input = gradient.matmul(&at.parameters[0])?.reshape(at.inputs[0].shape())?;
            let mut by_parameters = vec![gradient.t()?.matmul(&x)?];
            if at.parameters.len() > 1 {
                by_parameters.push(gradient.sum(0)?);
            }
            return Ok((vec![Some(by_input)], by_parameters));
        }
        (Op::Sum(_), _) => return Ok((vec![Some(gradient.clone()); at.inputs.len()], vec![])),
        (Op::Concat(_), _) => {
            let mut start = 0;
            let mut parts = Vec::with_capacity(at.inputs.len());
            for input in at.inputs {
                let channels = input.dim(1)?;
                parts.push(Some(gradient.narrow(1, start, channels)?.contiguous()?));
                start += channels;
            }
            return Ok((parts, vec![]));
        }
        (Op::Zero(_), _) => None,
        (Op::Activation(kind), _) => Some(activation::backward(*kind, at.inputs[0], gradient)?),
        (Op::Truncate(kind), _) => Some(windows::pad(gradient, 1, 0, at.inputs[0].dim(1)? - kind.channels, 0.0)?),
        (Op::AveragePool(kind), _) => Some(pool::average_backward(kind, gradient, input_side()?)?),
        (Op::MaxPool(kind), _) => Some(pool::max_backward(kind, at.inputs[0], at.output, gradient)?),
        (Op::GlobalAverage(_), _) => {
            let (height, width) = input_side()?;
            let share = (gradient / (height * width) as f64)?;
            Some(share.broadcast_as(at.inputs[0].shape())?.contiguous()?)
        }
    };
    Ok((vec![by_input], vec![]))
}

/// Adds a gradient to what a value has received already.
pub(super) fn accumulate(total: &mut Option<Tensor>, gradient: Tensor) -> Result<()> {
    *total = Some(match total.take() {
        Some(sum) => (sum + gradient)?,
        None => gradient,
    });
    Ok(())
}

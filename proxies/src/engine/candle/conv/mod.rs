//! Convolutions: im2col and matrix products, group by group; depthwise ones as sums over the places of the kernel.

mod depthwise;

use super::linear::weighted;
use super::step::{Context, Given, Gradients, Moving, Step, Tape};
use super::total;
use super::windows::Window;
use crate::network::{Conv, Layer};
use candle_core::{Result, Tensor};

impl Step for Conv {
    fn forward(&self, at: &Given<'_>) -> Result<(Tensor, Tape)> {
        let y = product(self, at.inputs[0], &at.parameters[0], side(at.layer))?;
        let y = match at.parameters.get(1) {
            Some(bias) => y.broadcast_add(&bias.reshape((1, self.channels, 1, 1))?)?,
            None => y,
        };
        Ok((y, Tape::new()))
    }

    fn backward(&self, at: &Context<'_>, gradient: &Tensor, with_parameters: bool) -> Result<Gradients> {
        let mut by_parameters = vec![];
        if with_parameters {
            by_parameters.push(weight_gradient(self, at.inputs[0], gradient)?);
            if self.bias {
                by_parameters.push(total(&gradient.flatten_from(2)?)?.flatten_all()?);
            }
        }
        let side = (at.inputs[0].dim(2)?, at.inputs[0].dim(3)?);
        let by_input = if at.wanted[0] { Some(input_gradient(self, &at.parameters[0], gradient, side)?) } else { None };
        Ok((vec![by_input], by_parameters))
    }

    /// w' x + w x' = w (x + x').
    fn tangent(&self, at: &Context<'_>, tangents: &[Option<&Tensor>]) -> Result<(Option<Tensor>, Tape)> {
        let both = tangents[0].map_or(Ok(at.inputs[0].clone()), |tangent| at.inputs[0] + tangent)?;
        Ok((Some(product(self, &both, &at.parameters[0], side(at.layer))?), Tape::new()))
    }

    fn tangent_backward(&self, at: &Context<'_>, moving: &Moving<'_>) -> Result<(Vec<Option<Tensor>>, Option<Tensor>)> {
        weighted(self, at, moving, |x, gradient| weight_gradient(self, x, gradient))
    }
}

/// Rows and columns of a layer's output.
fn side(layer: &Layer) -> (usize, usize) {
    (layer.shape.height, layer.shape.width)
}

/// [N, C, H, W] -> [N, taps * C, H' * W'], taps outermost.
fn columns(conv: &Conv, x: &Tensor) -> Result<Tensor> {
    let (images, channels, height, width) = x.dims4()?;
    let window = Window(conv.windows());
    if conv.kernel.area() == 1 && conv.stride.area() == 1 && conv.padding.is_zero() {
        return x.reshape((images, channels, height * width));
    }
    let padded = window.pad(x, 0.0)?;
    stack(window.taps().map(|tap| window.tap(&padded, tap, (height, width))))
}

/// The slices' channels one after another, pixels flattened.
fn stack(slices: impl Iterator<Item = Result<Tensor>>) -> Result<Tensor> {
    Tensor::cat(&slices.collect::<Result<Vec<_>>>()?, 1)?.flatten_from(2)
}

/// Whether every group reads one channel, so that there is nothing to sum over but the kernel's places.
fn is_depthwise(conv: &Conv, weight: &Tensor) -> Result<bool> {
    Ok(conv.groups > 1 && weight.dim(1)? == 1)
}

/// The channels of group `i`, along the second dimension.
fn group(conv: &Conv, x: &Tensor, i: usize) -> Result<Tensor> {
    let channels = x.dim(1)? / conv.groups;
    x.narrow(1, i * channels, channels)?.contiguous()
}

/// The weights of group `i`.
fn group_weight(conv: &Conv, weight: &Tensor, i: usize) -> Result<Tensor> {
    let channels = conv.channels / conv.groups;
    weight.narrow(0, i * channels, channels)
}

/// y = w * x. `x` [N, C, H, W], `weight` [O, C / groups, kh, kw], y [N, O, H', W'].
fn product(conv: &Conv, x: &Tensor, weight: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    if is_depthwise(conv, weight)? {
        return depthwise::product(conv, x, weight, side);
    }
    let products = |x: &Tensor, weight: &Tensor| {
        let weight = weight.permute((0, 2, 3, 1))?.contiguous()?.flatten_from(1)?;
        weight.broadcast_matmul(&columns(conv, x)?)
    };
    let y = if conv.groups == 1 {
        products(x, weight)?
    } else {
        let parts = (0..conv.groups).map(|i| products(&group(conv, x, i)?, &group_weight(conv, weight, i)?));
        Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 1)?
    };
    y.reshape((x.dim(0)?, conv.channels, side.0, side.1))
}

/// dL/dw from `gradient` = dL/dy.
fn weight_gradient(conv: &Conv, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let channels = x.dim(1)? / conv.groups;
    if conv.groups > 1 && channels == 1 {
        return depthwise::weight_gradient(conv, x, gradient);
    }
    let by_weight = |x: &Tensor, gradient: &Tensor| {
        let products = gradient.flatten_from(2)?.matmul(&columns(conv, x)?.transpose(1, 2)?)?;
        let dims = (gradient.dim(1)?, conv.kernel.height, conv.kernel.width, channels);
        products.sum(0)?.reshape(dims)?.permute((0, 3, 1, 2))?.contiguous()
    };
    if conv.groups == 1 {
        return by_weight(x, gradient);
    }
    let parts = (0..conv.groups).map(|i| by_weight(&group(conv, x, i)?, &group(conv, gradient, i)?));
    Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 0)
}

/// dL/dx from `gradient` = dL/dy, for an input of side (H, W).
fn input_gradient(conv: &Conv, weight: &Tensor, gradient: &Tensor, (height, width): (usize, usize)) -> Result<Tensor> {
    if is_depthwise(conv, weight)? {
        return depthwise::input_gradient(conv, weight, gradient, (height, width));
    }
    let window = Window(conv.windows());
    let by_input = |weight: &Tensor, gradient: &Tensor| {
        let spread = window.spread(gradient, (height, width))?;
        let columns = stack(window.taps().map(|tap| window.transposed_tap(&spread, tap, (height, width))))?;
        let weight = weight.permute((1, 2, 3, 0))?.contiguous()?.flatten_from(1)?;
        weight.broadcast_matmul(&columns)?.reshape((gradient.dim(0)?, weight.dim(0)?, height, width))
    };
    if conv.groups == 1 {
        return by_input(weight, gradient);
    }
    let parts = (0..conv.groups).map(|i| by_input(&group_weight(conv, weight, i)?, &group(conv, gradient, i)?));
    Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 1)
}

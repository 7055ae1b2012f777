//! Convolution, its bias aside, forward and backward: im2col and matrix products, group by group; depthwise ones as sums over
//! the places of the kernel.

use super::windows::Window;
use crate::network::Conv;
use candle_core::{Result, Tensor};

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

/// The channels of group `i`, of the second dimension's.
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
pub(super) fn forward(conv: &Conv, x: &Tensor, weight: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    if is_depthwise(conv, weight)? {
        return depthwise::forward(conv, x, weight, side);
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
pub(super) fn weight_gradient(conv: &Conv, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
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
pub(super) fn input_gradient(
    conv: &Conv,
    weight: &Tensor,
    gradient: &Tensor,
    (height, width): (usize, usize),
) -> Result<Tensor> {
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

/// Convolutions whose groups read one channel each: output channel c * m + i reads channel c, m being the multiplier.
mod depthwise {
    use super::{Conv, Result, Tensor, Window};

    /// The weight at one place of the kernel, [1, C, m, 1, 1].
    fn at(conv: &Conv, weight: &Tensor, (row, column): (usize, usize)) -> Result<Tensor> {
        let dims = [1, conv.groups, conv.channels / conv.groups, 1, 1];
        weight.narrow(2, row, 1)?.narrow(3, column, 1)?.contiguous()?.reshape(&dims[..])
    }

    pub fn forward(conv: &Conv, x: &Tensor, weight: &Tensor, side: (usize, usize)) -> Result<Tensor> {
        let window = Window(conv.windows());
        let input = (x.dim(2)?, x.dim(3)?);
        let padded = window.pad(x, 0.0)?;
        let terms = window.taps().map(|tap| {
            let slice = window.tap(&padded, tap, input)?.unsqueeze(2)?;
            slice.broadcast_mul(&at(conv, weight, tap)?)
        });
        super::super::sum(terms)?.reshape((x.dim(0)?, conv.channels, side.0, side.1))
    }

    pub fn weight_gradient(conv: &Conv, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let window = Window(conv.windows());
        let (images, _, height, width) = gradient.dims4()?;
        let multiplier = conv.channels / conv.groups;
        let gradient = gradient.reshape(&[images, conv.groups, multiplier, height, width][..])?;
        let input = (x.dim(2)?, x.dim(3)?);
        let padded = window.pad(x, 0.0)?;
        let taps = window.taps().map(|tap| {
            let products = gradient.broadcast_mul(&window.tap(&padded, tap, input)?.unsqueeze(2)?)?;
            products.flatten_from(3)?.sum(3)?.sum(0)?.reshape((conv.channels, 1, 1))
        });
        let taps = Tensor::cat(&taps.collect::<Result<Vec<_>>>()?, 2)?;
        taps.reshape((conv.channels, 1, conv.kernel.height, conv.kernel.width))
    }

    pub fn input_gradient(conv: &Conv, weight: &Tensor, gradient: &Tensor, side: (usize, usize)) -> Result<Tensor> {
        let window = Window(conv.windows());
        let images = gradient.dim(0)?;
        let spread = window.spread(gradient, side)?;
        let dims = [images, conv.groups, conv.channels / conv.groups, side.0, side.1];
        super::super::sum(window.taps().map(|tap| {
            let slice = window.transposed_tap(&spread, tap, side)?.contiguous()?.reshape(&dims[..])?;
            slice.broadcast_mul(&at(conv, weight, tap)?)?.sum(2)
        }))
    }
}

//! Convolution as im2col and matrix products, forward and backward.

use super::windows::Window;
use crate::network::Conv;
use candle_core::{Result, Tensor};

fn window(conv: &Conv) -> Window {
    Window { kernel: conv.kernel, stride: conv.stride, padding: conv.padding }
}

/// [N, C, H, W] -> [N, taps * C, H' * W'], taps outermost.
fn columns(conv: &Conv, x: &Tensor) -> Result<Tensor> {
    let (images, channels, height, width) = x.dims4()?;
    if conv.kernel == 1 && conv.stride == 1 && conv.padding == 0 {
        return x.reshape((images, channels, height * width));
    }
    let window = window(conv);
    let padded = window.pad(x, 0.0)?;
    stack(window.taps().map(|tap| window.tap(&padded, tap, (height, width))))
}

/// The slices' channels one after another, pixels flattened.
fn stack(slices: impl Iterator<Item = Result<Tensor>>) -> Result<Tensor> {
    Tensor::cat(&slices.collect::<Result<Vec<_>>>()?, 1)?.flatten_from(2)
}

/// y = w * x. `x` [N, C, H, W], `weight` [O, C, k, k], y [N, O, H', W'].
pub(super) fn forward(conv: &Conv, x: &Tensor, weight: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let weight = weight.permute((0, 2, 3, 1))?.contiguous()?.flatten_from(1)?;
    let y = weight.broadcast_matmul(&columns(conv, x)?)?;
    y.reshape((x.dim(0)?, conv.channels, side.0, side.1))
}

/// dL/dw from `gradient` = dL/dy.
pub(super) fn weight_gradient(conv: &Conv, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let channels = x.dim(1)?;
    let products = gradient.flatten_from(2)?.matmul(&columns(conv, x)?.transpose(1, 2)?)?;
    let by_tap = products.sum(0)?.reshape((conv.channels, conv.kernel, conv.kernel, channels))?;
    by_tap.permute((0, 3, 1, 2))?.contiguous()
}

/// dL/dx from `gradient` = dL/dy, for an input of side (H, W).
pub(super) fn input_gradient(
    conv: &Conv,
    weight: &Tensor,
    gradient: &Tensor,
    (height, width): (usize, usize),
) -> Result<Tensor> {
    let images = gradient.dim(0)?;
    let channels = weight.dim(1)?;
    let window = window(conv);
    let spread = window.spread(gradient, (height, width))?;
    let columns = stack(window.taps().map(|tap| window.transposed_tap(&spread, tap, (height, width))))?;
    let weight = weight.permute((1, 2, 3, 0))?.contiguous()?.flatten_from(1)?;
    weight.broadcast_matmul(&columns)?.reshape((images, channels, height, width))
}

//! Convolutions whose groups read one channel each: output channel c * m + i reads channel c, m being the multiplier.

use super::super::sum;
use super::super::windows::Window;
use crate::network::Conv;
use candle_core::{Result, Tensor};

/// The weight at one place of the kernel, [1, C, m, 1, 1].
fn at(conv: &Conv, weight: &Tensor, (row, column): (usize, usize)) -> Result<Tensor> {
    let dims = [1, conv.groups, conv.channels / conv.groups, 1, 1];
    weight.narrow(2, row, 1)?.narrow(3, column, 1)?.contiguous()?.reshape(&dims[..])
}

pub fn product(conv: &Conv, x: &Tensor, weight: &Tensor, side: (usize, usize)) -> Result<Tensor> {
    let window = Window(conv.windows());
    let input = (x.dim(2)?, x.dim(3)?);
    let padded = window.pad(x, 0.0)?;
    let terms = window.taps().map(|tap| {
        let slice = window.tap(&padded, tap, input)?.unsqueeze(2)?;
        slice.broadcast_mul(&at(conv, weight, tap)?)
    });
    sum(terms)?.reshape((x.dim(0)?, conv.channels, side.0, side.1))
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
    sum(window.taps().map(|tap| {
        let slice = window.transposed_tap(&spread, tap, side)?.contiguous()?.reshape(&dims[..])?;
        slice.broadcast_mul(&at(conv, weight, tap)?)?.sum(2)
    }))
}

//! How the logits of an image change as the image moves: their first and second derivatives, in 64-bit floats on the CPU.
//!
//! A value goes through the layers together with its two derivatives, as the three images of a batch. Layers that are linear in their
//! inputs treat all three alike. Activations follow the chain rule, max pools choose by the value, and a batch norm's statistics move
//! too.

use super::numbers;
use super::step::{self, Context, Given, Moving, Tape};
use crate::network::{BatchNorm, Layer, Network, Op, Weights};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};

/// Derivatives of the logits with respect to the angle, at angle 0, as an image x moves along a circle:
/// x = cos(angle) u + sin(angle) v. Batch norms use the statistics of that image alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The first derivative of each logit.
    pub velocity: Vec<f64>,
    /// The second derivative of each logit.
    pub acceleration: Vec<f64>,
}

impl Curve {
    /// Computes the derivatives for the circle in the plane of two images, each channels x height x width. Returns `None` if the network
    /// has a layer whose second derivative is not implemented here.
    ///
    /// # Errors
    /// If the images do not fit the network, or if a tensor operation fails.
    pub fn circle(net: &Network, weights: &Weights, [u, v]: [&[f64]; 2]) -> Result<Option<Curve>> {
        let shape = net.input_shape();
        let images: Vec<f64> = u.iter().chain(v).copied().chain(u.iter().map(|x| -x)).collect();
        let mut values: Vec<Tensor> = Vec::with_capacity(net.layers().len());
        for id in net.ids() {
            let layer = net.layer(id);
            let parameters = weights.of_layer(id).map(|(place, numbers)| {
                let dims = net.parameters()[place].shape.as_slice();
                Tensor::from_slice(numbers, dims, &Device::Cpu)?.to_dtype(DType::F64)
            });
            let value = match layer.op {
                Op::Input(_) => {
                    let dims = (3, shape.channels, shape.height, shape.width);
                    Tensor::from_slice(&images, dims, &Device::Cpu).map(Some)
                }
                _ => parameters.collect::<candle_core::Result<Vec<Tensor>>>().and_then(|parameters| {
                    let inputs: Vec<&Tensor> = layer.inputs.iter().map(|input| &values[input.index()]).collect();
                    forward(layer, &inputs, &parameters)
                }),
            };
            match value.map_err(at(layer))? {
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        let logits = &values[net.output().index()];
        let numbers = numbers(logits).map_err(at(net.layer(net.output())))?.to_f64();
        let (velocity, acceleration) = numbers[net.classes()..].split_at(net.classes());
        Ok(Some(Curve { velocity: velocity.to_vec(), acceleration: acceleration.to_vec() }))
    }
}

fn at<'l>(layer: &'l Layer) -> impl Fn(candle_core::Error) -> Error + use<'l> {
    super::at(layer, "curve")
}

/// One of the three: the value, its first or its second derivative.
fn part(x: &Tensor, i: usize) -> candle_core::Result<Tensor> {
    x.narrow(0, i, 1)?.contiguous()
}

/// A layer's output with its derivatives.
fn forward(layer: &Layer, inputs: &[&Tensor], parameters: &[Tensor]) -> candle_core::Result<Option<Tensor>> {
    let step = step::of(&layer.op)?;
    let run = |inputs: &[&Tensor], parameters: &[Tensor]| {
        step.forward(&Given { layer, inputs, parameters, running: None }).map(|(output, _)| output)
    };
    Ok(Some(match &layer.op {
        // A bias does not move.
        Op::Conv(_) | Op::Linear(_) => with_shift(run(inputs, &parameters[..1])?, parameters.get(1))?,
        Op::BatchNorm(norm) => normalised(*norm, inputs[0], parameters)?,
        Op::Activation(_) | Op::MaxPool(_) | Op::GlobalMax(_) => {
            let [x, velocity, acceleration] = [part(inputs[0], 0)?, part(inputs[0], 1)?, part(inputs[0], 2)?];
            let (y, tape) = (run(&[&x], parameters)?, Tape::new());
            let at = Context { layer, inputs: &[&x], parameters, output: &y, tape: &tape, wanted: &[true] };
            let moved = |tangent| step.tangent(&at, &[Some(tangent)])?.0.map_or_else(|| y.zeros_like(), Ok);
            let twice = match &layer.op {
                // f'(x) acceleration + f''(x) velocity^2, which is what the tangent of a gradient is for these arguments.
                Op::Activation(_) => {
                    let inputs = [Some(&velocity)];
                    let moving =
                        Moving { inputs: &inputs, tape: &tape, gradient: &velocity, tangent: Some(&acceleration) };
                    step.tangent_backward(&at, &moving)?.0.pop().flatten().map_or_else(|| y.zeros_like(), Ok)?
                }
                _ => moved(&acceleration)?,
            };
            Tensor::cat(&[&y, &moved(&velocity)?, &twice], 0)?
        }
        Op::Mul(_) => {
            let of = |i: usize, j: usize| part(inputs[0], i)?.broadcast_mul(&part(inputs[1], j)?);
            let twice = ((of(2, 0)? + of(0, 2)?)? + (of(1, 1)? * 2.0)?)?;
            Tensor::cat(&[&of(0, 0)?, &(of(1, 0)? + of(0, 1)?)?, &twice], 0)?
        }
        Op::Sum(_) | Op::Concat(_) | Op::Truncate(_) | Op::Crop(_) | Op::Scale(_) | Op::Flatten(_) | Op::Zero(_) => {
            run(inputs, parameters)?
        }
        Op::AveragePool(_) | Op::GlobalAverage(_) | Op::ChannelShuffle(_) => run(inputs, parameters)?,
        _ => return Ok(None),
    }))
}

/// Adds a constant, which changes the value but not its derivatives.
fn with_shift(y: Tensor, shift: Option<&Tensor>) -> candle_core::Result<Tensor> {
    let Some(shift) = shift else { return Ok(y) };
    let value = part(&y, 0)?.broadcast_add(&shift.reshape((1, shift.elem_count(), 1, 1))?)?;
    Tensor::cat(&[&value, &y.narrow(0, 1, 2)?], 0)
}

/// Batch norm: y = scale * c r + shift with c = x - mean, r = (variance + epsilon)^-1/2.
fn normalised(norm: BatchNorm, x: &Tensor, affine: &[Tensor]) -> candle_core::Result<Tensor> {
    let flat = x.flatten_from(2)?;
    let centred = flat.broadcast_sub(&flat.mean_keepdim(2)?)?;
    let part = |i: usize| centred.narrow(0, i, 1);
    let (c, velocity, acceleration) = (part(0)?, part(1)?, part(2)?);
    let variance = c.sqr()?.mean_keepdim(2)?;
    let by_velocity = ((&c * &velocity)?.mean_keepdim(2)? * 2.0)?;
    let by_acceleration = ((velocity.sqr()? + (&c * &acceleration)?)?.mean_keepdim(2)? * 2.0)?;
    let r = (variance + norm.eps)?.sqrt()?.recip()?;
    let cube = (r.sqr()? * &r)?;
    let first = (&cube * &by_velocity)?.affine(-0.5, 0.0)?;
    let bent = ((&cube * r.sqr()?)? * by_velocity.sqr()?)?.affine(0.75, 0.0)?;
    let second = (bent - (&cube * by_acceleration)?.affine(0.5, 0.0)?)?;
    let moved = (velocity.broadcast_mul(&r)? + c.broadcast_mul(&first)?)?;
    let twice = (acceleration.broadcast_mul(&r)? + c.broadcast_mul(&second)?)?;
    let twice = (twice + velocity.broadcast_mul(&first)?.affine(2.0, 0.0)?)?;
    let y = Tensor::cat(&[c.broadcast_mul(&r)?, moved, twice], 0)?.reshape(x.shape())?;
    let [scale, shift] = affine else { return Ok(y) };
    with_shift(y.broadcast_mul(&scale.reshape((1, scale.elem_count(), 1, 1))?)?, Some(shift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Activation, Conv, GlobalAverage, Init, Linear, MaxPool, Mul, NetworkBuilder, Shape};

    /// A network with a gate and curved activations, whose derivatives are approximated by differences of logits.
    fn net() -> Network {
        let mut net = NetworkBuilder::new(Shape::new(3, 8, 8)).unwrap();
        let conv = net.add("conv", Op::Conv(Conv::same(6, 3, 1).with_bias()), &[net.input()]).unwrap();
        let bn = net.add("bn", Op::BatchNorm(BatchNorm::new()), &[conv]).unwrap();
        let silu = net.add("silu", Op::Activation(Activation::Silu), &[bn]).unwrap();
        let pooled = net.add("pooled", Op::GlobalAverage(GlobalAverage), &[silu]).unwrap();
        let gate = net.add("gate", Op::Activation(Activation::Sigmoid), &[pooled]).unwrap();
        let gated = net.add("gated", Op::Mul(Mul), &[silu, gate]).unwrap();
        let pool = net.add("pool", Op::MaxPool(MaxPool::new(2, 2, 0)), &[gated]).unwrap();
        let mean = net.add("mean", Op::GlobalAverage(GlobalAverage), &[pool]).unwrap();
        let logits = net.add("fc", Op::Linear(Linear::new(4)), &[mean]).unwrap();
        net.finish(logits).unwrap()
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let net = net();
        let weights = Weights::initialise(&net, Init::Perturbed, 3);
        let image = |name: &str| {
            let stream = zeronas_random::Stream::new(name, 1);
            (0..192).map(|i| stream.normal(i)).collect::<Vec<f64>>()
        };
        let (u, v) = (image("u"), image("v"));
        let curve = Curve::circle(&net, &weights, [&u, &v]).unwrap().unwrap();
        // The same circle started at another of its points has the derivatives there.
        let step = 1e-4;
        let turned = |angle: f64| {
            let mix = |a: &[f64], b: &[f64], s: f64, t: f64| {
                a.iter().zip(b).map(|(a, b)| s * a + t * b).collect::<Vec<f64>>()
            };
            let (sine, cosine) = angle.sin_cos();
            let (x, y) = (mix(&u, &v, cosine, sine), mix(&u, &v, -sine, cosine));
            Curve::circle(&net, &weights, [&x, &y]).unwrap().unwrap()
        };
        let (before, after) = (turned(-step), turned(step));
        for k in 0..4 {
            let difference = (after.velocity[k] - before.velocity[k]) / (2.0 * step);
            assert!((curve.acceleration[k] - difference).abs() < 1e-5, "{difference}, {}", curve.acceleration[k]);
            assert!(curve.velocity[k].abs() > 1e-6 && curve.acceleration[k].abs() > 1e-6);
        }
    }
}

//! The reference engine: networks on Candle tensors, on any device, in 32- or 64-bit floats.
//!
//! It keeps its own tape instead of Candle's automatic differentiation, which detaches second derivatives, has wrong or
//! missing gradients for pools, and holds every intermediate tensor. Here each layer kind defines its steps in a file of its own
//! ([`step::Step`]), the backward pass walks the layers in reverse, and tensors are dropped as soon as nothing needs them.

mod activation;
mod average_pool;
mod batch_norm;
mod boundary;
mod channel_shuffle;
mod concat;
mod conv;
mod crop;
mod curvature;
mod curve;
mod flatten;
mod global_average;
mod global_max;
mod layer_norm;
mod linear;
mod max_pool;
mod mul;
mod scale;
mod show;
mod step;
mod sum;
#[cfg(test)]
mod tests;
mod truncate;
mod windows;
mod zero;

use super::observe::Audience;
use super::values::Numbers;
use super::{BitMatrix, Engine, Normalisation, Objective, Observer, Outcome, Pass, Precision, View, Watcher};
use crate::network::{Layer, LayerId, Network, Op, Weights};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use curvature::Curvature;
use std::time::{Duration, Instant};
use step::{Given, Tape};

pub use curve::Curve;

/// Runs networks on one Candle device.
#[derive(Clone, Debug)]
pub struct CandleEngine {
    device: Device,
}

impl CandleEngine {
    /// Creates an engine on this device.
    pub fn new(device: Device) -> Self {
        CandleEngine { device }
    }

    /// Creates an engine on the CPU.
    pub fn cpu() -> Self {
        CandleEngine::new(Device::Cpu)
    }

    /// Creates an engine on NVIDIA GPU number `ordinal`, which needs Candle to be built with CUDA.
    ///
    /// # Errors
    /// If there is no such GPU, or if this program is built without CUDA.
    pub fn cuda(ordinal: usize) -> Result<Self> {
        // If backtraces are enabled, Candle's errors contain one after the first line.
        let failed = |error: candle_core::Error| Error::Device {
            device: format!("cuda:{ordinal}"),
            reason: format!(
                "the reference engine does not run there: {}",
                error.to_string().lines().next().unwrap_or_default()
            ),
        };
        Ok(CandleEngine::new(Device::new_cuda(ordinal).map_err(failed)?))
    }
}

impl Engine for CandleEngine {
    /// Accepts every network.
    fn takes(&self, _net: &Network) -> Result<()> {
        Ok(())
    }

    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        watchers: &mut [Watcher<'_>],
    ) -> Result<Outcome> {
        pass.check(net, watchers)?;
        let mut run = Run::new(&self.device, net, weights, pass, Audience::new(watchers, pass))?;
        let start = Instant::now();
        let logits = run.forward()?;
        let forward = run.audience.since(start);
        let passes = run.audience.backward_passes();
        let mut backward = Vec::with_capacity(passes.len());
        let mut curvature = Duration::ZERO;
        for (i, &seen) in passes.iter().enumerate() {
            let start = Instant::now();
            let mut moving = Duration::ZERO;
            run.audience.turn_to(seen);
            let rounds = seen.objective.rounds(pass.batch.size(), logits.len());
            for round in 0..rounds {
                run.audience.show(|_| true, |to| to.round(round));
                let by_logits = seen.objective.by_logits(round, &logits, pass.batch.labels());
                let mut tangents = if seen.curvature { Some(run.curvature(&logits)?) } else { None };
                run.backward(&by_logits, tangents.as_mut(), i + 1 == passes.len() && round + 1 == rounds)?;
                moving += tangents.map_or(Duration::ZERO, |tangents| tangents.spent());
            }
            backward.push((seen.objective, run.audience.since(start).saturating_sub(moving)));
            curvature += moving;
        }
        Ok(Outcome { logits, forward, backward, curvature })
    }
}

/// One pass through one network.
struct Run<'a, 'o> {
    device: &'a Device,
    dtype: DType,
    net: &'a Network,
    pass: &'a Pass<'a>,
    audience: Audience<'a, 'o>,
    /// Each layer's parameters, in the order it declares them.
    parameters: Vec<Vec<Tensor>>,
    /// Each layer's output while something still needs it.
    outputs: Vec<Option<Tensor>>,
    /// What each layer keeps for its backward step.
    tapes: Vec<Tape>,
}

/// Attaches a layer's name to Candle's errors.
fn at<'l>(layer: &'l Layer, step: &'static str) -> impl Fn(candle_core::Error) -> Error + use<'l> {
    move |source| Error::Candle { layer: layer.name.clone(), step, source: Box::new(source) }
}

impl<'a, 'o> Run<'a, 'o> {
    fn new(
        device: &'a Device,
        net: &'a Network,
        weights: &Weights,
        pass: &'a Pass<'a>,
        audience: Audience<'a, 'o>,
    ) -> Result<Self> {
        let dtype = match pass.precision {
            Precision::F32 => DType::F32,
            Precision::F64 => DType::F64,
        };
        let mut parameters = Vec::with_capacity(net.layers().len());
        for id in net.ids() {
            let tensors = weights.of_layer(id).map(|(place, values)| {
                let shape = net.parameters()[place].shape.as_slice();
                Tensor::from_slice(values, shape, device)?.to_dtype(dtype)
            });
            let tensors: candle_core::Result<Vec<Tensor>> = tensors.collect();
            parameters.push(tensors.map_err(at(net.layer(id), "forward"))?);
        }
        let outputs = vec![None; net.layers().len()];
        Ok(Run { device, dtype, net, pass, audience, parameters, outputs, tapes: Vec::new() })
    }

    /// Runs all layers, and returns the logits, row-major.
    fn forward(&mut self) -> Result<Vec<f64>> {
        let keep = self.audience.seen.needs_backward();
        let last_readers = last_readers(self.net);
        for id in self.net.ids() {
            let layer = self.net.layer(id);
            let error = at(layer, "forward");
            if self.audience.seen.sees_codes()
                && matches!(layer.op, Op::Activation(activation) if activation.has_codes())
            {
                let input = self.output(layer.inputs[0]);
                let codes = positive_bits(input).map_err(&error)?;
                self.audience.show_codes(&[id], &codes);
            }
            self.show_features(layer).map_err(&error)?;
            let (output, tape) = self.step_forward(id).map_err(&error)?;
            if self.audience.seen.outputs {
                let host = numbers(&output).map_err(&error)?;
                let view = View::contiguous(host.values(), self.pass.batch.size(), layer.shape);
                self.audience.show(|watch| watch.outputs, |observer| observer.output(id, &view));
            }
            if self.audience.seen.batch_statistics && matches!(layer.op, Op::BatchNorm(_)) {
                self.show_statistics(id, &tape).map_err(&error)?;
            }
            self.show_boundary(id, &output).map_err(&error)?;
            self.outputs[id.index()] = Some(output);
            self.tapes.push(tape);
            if !keep {
                self.tapes[id.index()] = Tape::new();
                layer.inputs.iter().filter(|input| last_readers[input.index()] == id.index()).for_each(|input| {
                    self.outputs[input.index()] = None;
                });
            }
        }
        let logits = self.output(self.net.output());
        Ok(numbers(logits).map_err(at(self.net.layer(self.net.output()), "forward"))?.to_f64())
    }

    fn step_forward(&self, id: LayerId) -> candle_core::Result<(Tensor, Tape)> {
        let layer = self.net.layer(id);
        if let Op::Input(shape) = layer.op {
            let batch = self.pass.batch;
            let dims = (batch.size(), shape.channels, shape.height, shape.width);
            return Ok((Tensor::from_slice(batch.images(), dims, self.device)?.to_dtype(self.dtype)?, Tape::new()));
        }
        let inputs: Vec<&Tensor> = layer.inputs.iter().map(|&input| self.output(input)).collect();
        if self.pass.normalisation.removes(layer) {
            return Ok((inputs[0].clone(), Tape::new()));
        }
        let running = match self.pass.normalisation {
            Normalisation::Running(running) => running.of_layer(id),
            _ => None,
        };
        step::of(&layer.op)?.forward(&Given {
            layer,
            inputs: &inputs,
            parameters: &self.parameters[id.index()],
            running,
        })
    }

    fn show_statistics(&mut self, id: LayerId, tape: &Tape) -> candle_core::Result<()> {
        let Some([mean, variance]) = batch_norm::measured(tape) else { return Ok(()) };
        let [mean, variance] = [mean, variance].map(|channels| channels.flatten_all()?.to_dtype(DType::F64)?.to_vec1());
        let (mean, variance): (Vec<f64>, Vec<f64>) = (mean?, variance?);
        let count = self.pass.batch.size() * self.net.layer(id).shape.area();
        self.audience.show(|watch| watch.batch_statistics, |to| to.batch_statistics(id, &mean, &variance, count));
        Ok(())
    }

    fn show_features(&mut self, layer: &Layer) -> candle_core::Result<()> {
        if self.audience.seen.features && matches!(layer.op, Op::GlobalAverage(_) | Op::GlobalMax(_)) {
            let host = numbers(self.output(layer.inputs[0]))?;
            let shape = self.net.layer(layer.inputs[0]).shape;
            let view = View::contiguous(host.values(), self.pass.batch.size(), shape);
            self.audience.show(|watch| watch.features, |observer| observer.features(&view));
        }
        Ok(())
    }

    /// Runs all layers in reverse, starting from the gradient with respect to the logits. The `last` time, drops tensors on the way.
    fn backward(&mut self, by_logits: &[f64], mut tangents: Option<&mut Curvature>, last: bool) -> Result<()> {
        let mut gradients: Vec<Option<Tensor>> = vec![None; self.net.layers().len()];
        if self.audience.seen.objective != Objective::Signs {
            let output = self.net.output();
            let seed = self.by_logits(by_logits).map_err(at(self.net.layer(output), "backward"))?;
            gradients[output.index()] = Some(seed);
        }
        for id in self.net.ids().rev() {
            let error = at(self.net.layer(id), "backward");
            let gradient = gradients[id.index()].take();
            let gradient = self.turn_at_boundary(id, gradient).map_err(&error)?;
            self.step_backward(id, gradient, &mut gradients, tangents.as_deref_mut()).map_err(&error)?;
            if last {
                self.outputs[id.index()] = None;
                self.tapes[id.index()] = Tape::new();
            }
        }
        Ok(())
    }

    /// The gradient with respect to the logits, or its tangent, as a tensor like that of the logits.
    fn by_logits(&self, by_logits: &[f64]) -> candle_core::Result<Tensor> {
        Tensor::from_slice(by_logits, self.output(self.net.output()).dims(), self.device)?.to_dtype(self.dtype)
    }

    fn step_backward(
        &mut self,
        id: LayerId,
        gradient: Option<Tensor>,
        gradients: &mut [Option<Tensor>],
        tangents: Option<&mut Curvature>,
    ) -> candle_core::Result<()> {
        let layer = self.net.layer(id);
        let Some(gradient) = gradient else {
            return self.show_weights(id, None, None);
        };
        self.show_output_gradient(id, &gradient)?;
        self.show_saliency(id, &gradient)?;
        if let Op::Input(_) = layer.op {
            return Ok(());
        }
        if self.pass.normalisation.removes(layer) {
            step::accumulate(&mut gradients[layer.inputs[0].index()], gradient)?;
            tangents.map_or(Ok(()), |tangents| tangents.backward_unchanged(id, layer))?;
            return self.show_weights(id, None, None);
        }
        let inputs: Vec<&Tensor> = layer.inputs.iter().map(|&input| self.output(input)).collect();
        // The gradient with respect to the images is expensive and rarely asked for.
        let wanted: Vec<bool> = layer
            .inputs
            .iter()
            .map(|&input| !matches!(self.net.layer(input).op, Op::Input(_)) || self.audience.seen.input_gradient)
            .collect();
        let context = self.context(id, &inputs, &wanted);
        let seen = self.audience.seen;
        let with_parameters = seen.weight_gradients || seen.curvature;
        let (by_inputs, by_parameters) = step::of(&layer.op)?.backward(&context, &gradient, with_parameters)?;
        let product = match tangents {
            Some(tangents) => tangents.backward(id, &context, &gradient)?,
            None => None,
        };
        for (input, by_input) in layer.inputs.iter().zip(by_inputs) {
            if let Some(by_input) = by_input {
                step::accumulate(&mut gradients[input.index()], by_input)?;
            }
        }
        self.show_weights(id, Some(by_parameters), product)
    }

    /// The output of a layer that has run and is still needed: an input of the layer that runs now, or the logits.
    fn output(&self, id: LayerId) -> &Tensor {
        self.outputs[id.index()].as_ref().expect("a layer runs after its inputs and before they are let go")
    }
}

/// For each layer, the last layer that reads it; the output layer is never dropped.
fn last_readers(net: &Network) -> Vec<usize> {
    let mut last: Vec<usize> = vec![usize::MAX; net.layers().len()];
    for id in net.ids() {
        for input in &net.layer(id).inputs {
            last[input.index()] = id.index();
        }
    }
    last[net.output().index()] = usize::MAX;
    last
}

/// A tensor's numbers, row-major, on the host.
fn numbers(tensor: &Tensor) -> candle_core::Result<Numbers> {
    let flat = tensor.flatten_all()?;
    Ok(match flat.dtype() {
        DType::F32 => Numbers::F32(flat.to_vec1()?),
        _ => Numbers::F64(flat.to_vec1()?),
    })
}

/// Which values are positive, one row per image.
fn positive_bits(x: &Tensor) -> candle_core::Result<BitMatrix> {
    let images = x.dim(0)?;
    let columns = x.elem_count() / images;
    Ok(match numbers(x)? {
        Numbers::F32(values) => BitMatrix::from_bits(images, columns, values.iter().map(|&v| v > 0.0)),
        Numbers::F64(values) => BitMatrix::from_bits(images, columns, values.iter().map(|&v| v > 0.0)),
    })
}

/// The sum of at least one tensor.
fn sum(mut terms: impl Iterator<Item = candle_core::Result<Tensor>>) -> candle_core::Result<Tensor> {
    let first = terms.next().unwrap_or_else(|| Err(candle_core::Error::Msg("a window has no taps".into())))?;
    terms.try_fold(first, |sum, term| sum + term?)
}

/// Sum over images and pixels of [N, C, P]: [1, C, 1]. Pixels first, because short sums lose less precision in f32.
fn total(x: &Tensor) -> candle_core::Result<Tensor> {
    x.sum_keepdim(2)?.sum_keepdim(0)
}

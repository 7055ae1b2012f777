//! The Hessian of the objective times the weights, forward over reverse: tangents of all activations along the weights
//! first, then those of all gradients, layer by layer beside the backward pass.

use super::step::{self, Context};
use super::{Run, at, numbers, tangent};
use crate::Result;
use crate::network::{Layer, LayerId, Op};
use candle_core::Tensor;
use std::time::{Duration, Instant};

/// The tangents of one run; `None` is zero.
pub(super) struct Curvature {
    /// Of each layer's output.
    outputs: Vec<Option<Tensor>>,
    /// Of each batch norm's statistics.
    statistics: Vec<Option<tangent::batch_norm::Moved>>,
    /// Of the gradient by each layer's output, as far as it has come in.
    gradients: Vec<Option<Tensor>>,
    spent: Duration,
}

impl Run<'_, '_> {
    /// The tangents of all outputs, and that of the gradient by the logits.
    pub(super) fn curvature(&self, logits: &[f64]) -> Result<Curvature> {
        let start = Instant::now();
        let layers = self.net.layers().len();
        let mut outputs: Vec<Option<Tensor>> = vec![None; layers];
        let mut statistics: Vec<_> = (0..layers).map(|_| None).collect();
        for id in self.net.ids() {
            let layer = self.net.layer(id);
            if matches!(layer.op, Op::Input(_)) {
                continue;
            }
            let inputs: Vec<&Tensor> = layer.inputs.iter().map(|&input| self.output(input)).collect();
            let tangents: Vec<_> = layer.inputs.iter().map(|input| outputs[input.index()].as_ref()).collect();
            let (output, moved) =
                tangent::forward(&self.context(id, &inputs), &tangents).map_err(at(layer, "tangent"))?;
            outputs[id.index()] = output;
            statistics[id.index()] = moved;
        }
        let mut curvature = Curvature { outputs, statistics, gradients: vec![None; layers], spent: Duration::ZERO };
        curvature.seed(self, logits).map_err(at(self.net.layer(self.net.output()), "tangent"))?;
        curvature.spent = start.elapsed();
        Ok(curvature)
    }

    /// What the steps of a layer work from.
    pub(super) fn context<'s>(&'s self, id: LayerId, inputs: &'s [&'s Tensor]) -> Context<'s> {
        Context {
            layer: self.net.layer(id),
            inputs,
            parameters: &self.parameters[id.index()],
            output: self.output(id),
            tape: &self.tapes[id.index()],
        }
    }
}

impl Curvature {
    /// The time that tangents have taken.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// Sets the tangent of the gradient by the logits.
    fn seed(&mut self, run: &Run<'_, '_>, logits: &[f64]) -> candle_core::Result<()> {
        let output = run.net.output();
        let Some(tangent) = &self.outputs[output.index()] else { return Ok(()) };
        let tangent = numbers(tangent)?.to_f64();
        let by_logits = run.audience.seen.objective.gradient_tangent(logits, &tangent, run.pass.batch.labels());
        self.gradients[output.index()] = Some(run.by_logits(&by_logits)?);
        Ok(())
    }

    /// The tangents' backward step of layer `id`; the Hessian's product at its weight, if it has one.
    pub(super) fn backward(
        &mut self,
        id: LayerId,
        at: &Context<'_>,
        gradient: &Tensor,
        wanted: &[bool],
    ) -> candle_core::Result<Option<Tensor>> {
        let start = Instant::now();
        let tangent = self.gradients[id.index()].take();
        let inputs: Vec<_> = at.layer.inputs.iter().map(|input| self.outputs[input.index()].as_ref()).collect();
        let statistics = self.statistics[id.index()].as_ref();
        let (by_inputs, by_weight) = tangent::backward(at, &inputs, statistics, (gradient, tangent.as_ref()), wanted)?;
        self.outputs[id.index()] = None;
        self.pass_on(&at.layer.inputs, by_inputs)?;
        self.spent += start.elapsed();
        Ok(by_weight)
    }

    /// That of a layer that passes its gradient on as it is.
    pub(super) fn backward_unchanged(&mut self, id: LayerId, layer: &Layer) -> candle_core::Result<()> {
        let tangent = self.gradients[id.index()].take();
        self.pass_on(&layer.inputs, vec![tangent])
    }

    fn pass_on(&mut self, inputs: &[LayerId], tangents: Vec<Option<Tensor>>) -> candle_core::Result<()> {
        for (input, tangent) in inputs.iter().zip(tangents) {
            if let Some(tangent) = tangent {
                step::accumulate(&mut self.gradients[input.index()], tangent)?;
            }
        }
        Ok(())
    }
}

//! The Hessian of the objective times the weights, by forward-over-reverse differentiation: first the tangents of all
//! activations along the weights, then those of all gradients, layer by layer during the backward pass.

use super::step::{self, Context, Moving, Tape};
use super::{Run, at, numbers};
use crate::Result;
use crate::network::{Layer, LayerId, Op};
use candle_core::Tensor;
use std::time::{Duration, Instant};

/// The tangents of one run; `None` is zero.
pub(super) struct Curvature {
    /// Of each layer's output.
    outputs: Vec<Option<Tensor>>,
    /// Of what each layer keeps beside its output.
    tapes: Vec<Tape>,
    /// Of the gradient with respect to each layer's output, as far as it has been collected.
    gradients: Vec<Option<Tensor>>,
    spent: Duration,
}

impl Run<'_, '_> {
    /// The tangents of all outputs, and that of the gradient with respect to the logits.
    pub(super) fn curvature(&self, logits: &[f64]) -> Result<Curvature> {
        let start = Instant::now();
        let layers = self.net.layers().len();
        let mut outputs: Vec<Option<Tensor>> = vec![None; layers];
        let mut tapes: Vec<Tape> = vec![Tape::new(); layers];
        for id in self.net.ids() {
            let layer = self.net.layer(id);
            if matches!(layer.op, Op::Input(_)) {
                continue;
            }
            let inputs: Vec<&Tensor> = layer.inputs.iter().map(|&input| self.output(input)).collect();
            let tangents: Vec<_> = layer.inputs.iter().map(|input| outputs[input.index()].as_ref()).collect();
            if self.pass.normalisation.removes(layer) {
                outputs[id.index()] = tangents[0].cloned();
                continue;
            }
            let step = step::of(&layer.op).map_err(at(layer, "tangent"))?;
            let (output, tape) =
                step.tangent(&self.context(id, &inputs, &[]), &tangents).map_err(at(layer, "tangent"))?;
            outputs[id.index()] = output;
            tapes[id.index()] = tape;
        }
        let mut curvature = Curvature { outputs, tapes, gradients: vec![None; layers], spent: Duration::ZERO };
        curvature.seed(self, logits).map_err(at(self.net.layer(self.net.output()), "tangent"))?;
        curvature.spent = start.elapsed();
        Ok(curvature)
    }

    /// The input of a layer's steps after the forward step.
    pub(super) fn context<'s>(&'s self, id: LayerId, inputs: &'s [&'s Tensor], wanted: &'s [bool]) -> Context<'s> {
        Context {
            layer: self.net.layer(id),
            inputs,
            parameters: &self.parameters[id.index()],
            output: self.output(id),
            tape: &self.tapes[id.index()],
            wanted,
        }
    }
}

impl Curvature {
    /// The time that tangents have taken.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// Sets the tangent of the gradient with respect to the logits.
    fn seed(&mut self, run: &Run<'_, '_>, logits: &[f64]) -> candle_core::Result<()> {
        let output = run.net.output();
        let Some(tangent) = &self.outputs[output.index()] else { return Ok(()) };
        let tangent = numbers(tangent)?.to_f64();
        let by_logits = run.audience.seen.objective.gradient_tangent(logits, &tangent, run.pass.batch.labels());
        self.gradients[output.index()] = Some(run.by_logits(&by_logits)?);
        Ok(())
    }

    /// Runs the tangents' backward step of layer `id`. Returns the Hessian-vector product at its weight, if it has one.
    pub(super) fn backward(
        &mut self,
        id: LayerId,
        at: &Context<'_>,
        gradient: &Tensor,
    ) -> candle_core::Result<Option<Tensor>> {
        let start = Instant::now();
        let tangent = self.gradients[id.index()].take();
        let inputs: Vec<_> = at.layer.inputs.iter().map(|input| self.outputs[input.index()].as_ref()).collect();
        let tape = &self.tapes[id.index()];
        let moving = Moving { inputs: &inputs, tape, gradient, tangent: tangent.as_ref() };
        let (by_inputs, by_weight) = step::of(&at.layer.op)?.tangent_backward(at, &moving)?;
        self.outputs[id.index()] = None;
        self.pass_on(&at.layer.inputs, by_inputs)?;
        self.spent += start.elapsed();
        Ok(by_weight)
    }

    /// The same for a layer that passes its gradient on unchanged.
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

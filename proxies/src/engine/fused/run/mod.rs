//! One pass through one network: the state that its steps share, and what observers are shown.

mod backward;
mod boundary;
mod combine;
mod conv_backward;
mod convolve;
mod cuts;
mod distribute;
mod forward;
mod norm;
mod parallel;
mod pools;
mod saliency;
mod tangent;

use super::FusedSettings;
use super::buffers::Buffers;
use super::conv;
use super::lanes::Float;
use super::layout::{Layout, Plane, padded};
use super::plan::{Kind, Plan, Source};
use super::pool::Image;
use super::uses::{self, NodeUse};
use super::winograd::Scratch;
use crate::engine::observe::Audience;
use crate::engine::plain::Conv;
use crate::engine::{Observer, Outcome, Pass, Precision, Watcher};
use crate::network::{LayerId, Network, Weights};
use norm::{Moments, Norm};
use std::time::Instant;
use tangent::Tangents;

/// What is kept from one run to the next.
#[derive(Debug)]
pub(super) struct Memory<F> {
    buffers: Buffers<F>,
    codes: Vec<u64>,
    /// For each thread that works inside a network.
    scratch: Vec<Scratch>,
}

impl<F> Default for Memory<F> {
    fn default() -> Self {
        Memory { buffers: Buffers::default(), codes: Vec::new(), scratch: Vec::new() }
    }
}

impl<F: Float> Memory<F> {
    /// The states of threads that need none.
    fn threads(&self) -> Vec<()> {
        vec![(); self.scratch.len()]
    }

    /// A plain run of `len` numbers for each thread.
    fn rows(&mut self, len: usize) -> Vec<Plane<F>> {
        self.scratch.iter().map(|_| self.buffers.take(Layout::flat(len))).collect()
    }
}

/// What a run reads and never changes.
struct Task<'a> {
    net: &'a Network,
    weights: &'a Weights,
    pass: &'a Pass<'a>,
    plan: Plan,
    uses: Vec<NodeUse>,
    /// Whether convolutions may go through Winograd's kernels.
    winograd: bool,
}

/// The values that nodes have yielded, while something still needs them.
struct NodeValues<F> {
    raw: Vec<Option<Plane<F>>>,
    rectified: Vec<Option<Plane<F>>>,
}

impl<F> Default for NodeValues<F> {
    fn default() -> Self {
        NodeValues { raw: Vec::new(), rectified: Vec::new() }
    }
}

impl<F> NodeValues<F> {
    /// A value that has been computed and is still needed.
    fn get(&self, source: Source) -> &Plane<F> {
        self.find(source).expect("a value lives from its node's step to its last use")
    }

    fn find(&self, source: Source) -> Option<&Plane<F>> {
        let values = if source.rectified { &self.rectified } else { &self.raw };
        values[source.node].as_ref()
    }

    fn take(&mut self, source: Source) -> Option<Plane<F>> {
        let values = if source.rectified { &mut self.rectified } else { &mut self.raw };
        values[source.node].take()
    }
}

/// A run.
struct Run<'a, 'o, F> {
    task: Task<'a>,
    memory: &'a mut Memory<F>,
    audience: Audience<'a, 'o>,
    values: NodeValues<F>,
    /// The objective's gradient by each node's value, as far as it has come in.
    gradients: Vec<Option<Plane<F>>>,
    /// Sums over each convolution's output, for batch norms.
    moments: Vec<Option<Moments>>,
    /// Each batch-norm layer that has run.
    norms: Vec<Option<Norm<F>>>,
    /// Gradients by parameters, laid out as they are.
    by_parameter: Vec<Option<Plane<F>>>,
    /// Whether no backward pass comes after the present one, so that it may use up what nodes have yielded.
    last: bool,
    /// How all of these move, if that is wanted.
    tangents: Option<Tangents<F>>,
}

/// Runs a pass.
pub(super) fn run<F: Float>(
    memory: &mut Memory<F>,
    settings: FusedSettings,
    net: &Network,
    weights: &Weights,
    pass: &Pass<'_>,
    watchers: &mut [Watcher<'_>],
) -> Outcome {
    let start = Instant::now();
    memory.scratch.resize_with(settings.threads.max(1), Scratch::default);
    let audience = Audience::new(watchers, pass);
    let passes = audience.backward_passes();
    let plan = Plan::new(net, pass, audience.seen);
    let uses = uses::of_plan(&plan, audience.seen, &passes);
    let winograd = pass.precision == Precision::F32 && !settings.exact;
    let (nodes, layers) = (plan.nodes.len(), net.layers().len());
    let none = |count| (0..count).map(|_| None).collect::<Vec<Option<Plane<F>>>>();
    let tangents = audience.seen.curvature.then(|| Tangents::new(net, &plan));
    let mut run = Run {
        task: Task { net, weights, pass, plan, uses, winograd },
        memory,
        audience,
        values: NodeValues { raw: none(nodes), rectified: none(nodes) },
        gradients: none(nodes),
        moments: (0..nodes).map(|_| None).collect(),
        norms: (0..layers).map(|_| None).collect(),
        by_parameter: none(net.parameters().len()),
        tangents,
        last: false,
    };
    let logits = run.forward();
    let forward = run.audience.since(start).saturating_sub(run.tangent_time());
    let mut backward = Vec::with_capacity(passes.len());
    for (i, &seen) in passes.iter().enumerate() {
        let (start, moving) = (Instant::now(), run.tangent_time());
        run.audience.turn_to(seen);
        let rounds = seen.objective.rounds(pass.batch.size(), logits.len());
        for round in 0..rounds {
            run.last = i + 1 == passes.len() && round + 1 == rounds;
            run.audience.show(|_| true, |to| to.round(round));
            let by_logits = seen.objective.by_logits(round, &logits, pass.batch.labels());
            run.seed_tangent(seen, &logits);
            run.backward(&by_logits);
            run.show_curvature();
            run.show_weights();
        }
        let moving = run.tangent_time() - moving;
        backward.push((seen.objective, run.audience.since(start).saturating_sub(moving)));
    }
    let curvature = run.tangent_time();
    run.finish();
    Outcome { logits, forward, backward, curvature }
}

impl<F: Float> Run<'_, '_, F> {
    fn images(&self) -> usize {
        self.task.pass.batch.size()
    }

    /// The states of threads that need none.
    fn threads(&self) -> Vec<()> {
        self.memory.threads()
    }

    /// The plane of a node's value.
    fn layout(&self, source: Source) -> Layout {
        self.task.layout(source)
    }

    /// Whether the present backward pass reaches a node.
    fn reached(&self, node: usize) -> bool {
        let is_images = self.task.plan.nodes[node].kind == Kind::Images;
        self.task.uses[node].reached && (self.audience.seen.input_gradient || !is_images)
    }

    /// Gives back what nothing needs any more.
    fn release(&mut self, source: Source) {
        let tangent = self.tangents.as_mut().and_then(|tangents| tangents.take(source));
        self.values.take(source).into_iter().chain(tangent).for_each(|plane| self.memory.buffers.give(plane));
    }

    /// Shows all parameters with their gradients, zeros where none reaches them, and gives the gradients back.
    fn show_weights(&mut self) {
        let gradients: Vec<_> = self.by_parameter.iter_mut().map(Option::take).collect();
        if self.audience.seen.weight_gradients {
            let Task { net, weights, .. } = self.task;
            let (mut converted, mut zeros) = (Vec::new(), Vec::new());
            for (place, tensor) in net.ids().rev().flat_map(|id| weights.of_layer(id)) {
                let gradient = match &gradients[place] {
                    Some(gradient) => F::values(gradient.all()),
                    None => {
                        zeros.resize(tensor.len().max(zeros.len()), F::default());
                        F::values(&zeros[..tensor.len()])
                    }
                };
                let value = F::shown(tensor, &mut converted);
                let event = |to: &mut dyn Observer| to.weight(&net.parameters()[place], value, gradient);
                self.audience.show(|watch| watch.weight_gradients, event);
            }
        }
        gradients.into_iter().flatten().for_each(|plane| self.memory.buffers.give(plane));
    }

    /// Gives all planes back.
    fn finish(self) {
        let all = [self.values.raw, self.values.rectified, self.gradients];
        let tangents = self.tangents.into_iter().flat_map(Tangents::into_planes);
        all.into_iter().flatten().flatten().chain(tangents).for_each(|plane| self.memory.buffers.give(plane));
        self.memory.buffers.end_run();
    }
}

impl Task<'_> {
    fn layout(&self, source: Source) -> Layout {
        let shape = self.plan.nodes[source.node].shape;
        let layout = Layout::new(self.pass.batch.size(), shape, self.uses[source.node].of(source).border);
        // Convolutions broadcast their inputs, so that images that nothing else reads need no padding.
        let only_convolved = |node: usize| {
            let readers = self.plan.nodes.iter().filter(|reader| reader.kind.sources().iter().any(|s| s.node == node));
            readers.into_iter().all(|reader| matches!(reader.kind, Kind::Conv { .. }))
        };
        match self.plan.nodes[source.node].kind {
            Kind::Images if only_convolved(source.node) => Layout { channels: shape.channels, ..layout },
            _ => layout,
        }
    }

    /// The plane of the gradient by a node's value. A convolution's has the border that its backward step to its input wants, even if
    /// that is not reached: sums over a plane round in an order that depends on its border, which must not depend on what is seen.
    fn gradient_layout(&self, node: usize) -> Layout {
        let border = match (&self.plan.nodes[node].kind, self.uses[node].owner) {
            (&Kind::Conv { conv, input, .. }, None) => self.conv(node, conv, input).gradient_border(),
            _ => 0,
        };
        Layout::new(self.pass.batch.size(), self.plan.nodes[node].shape, border)
    }

    /// The convolution of a node.
    fn conv(&self, node: usize, conv: Conv, input: Source) -> conv::Layer {
        let layer = conv::Layer {
            conv,
            inputs: self.plan.nodes[input.node].shape.channels,
            x: self.layout(input),
            z: self.layout(Source { node, rectified: false }),
            winograd: false,
        };
        conv::Layer { winograd: self.winograd && layer.suits_winograd(), ..layer }
    }

    /// Place of a layer's parameter number `i` in the network's list, and its values.
    fn parameter(&self, layer: LayerId, i: usize) -> (usize, &[f32]) {
        self.weights.of_layer(layer).nth(i).expect("weights fit their network")
    }
}

fn image<F: Float>(plane: &Plane<F>, n: usize) -> Image<'_, F> {
    Image { numbers: plane.image(n), layout: plane.layout() }
}

/// `values` with zeros up to the padded number of channels.
fn pad<F: Float>(mut values: Vec<F>) -> Vec<F> {
    values.resize(padded(values.len()), F::default());
    values
}

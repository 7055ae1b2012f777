//! A pass through a network on any device. The pass is planned ([`plan`]), the lifetimes of its values are found ([`mod@uses`]), it runs
//! forward and backward node by node, and observers see it as it runs. A device provides kernels and memory ([`Backend`]) but no walk.

mod backend;
mod backward;
mod forward;
pub(super) mod plan;
mod show;
mod taken;
#[cfg(test)]
mod tests;
pub(super) mod uses;

pub(super) use backend::Backend;
#[cfg(test)]
pub(super) use taken::refused;
pub(super) use taken::{knows_curvature, takes};

use super::observe::Audience;
use super::{Outcome, Pass, Values, Watch, Watcher};
use crate::Result;
use crate::network::{Activation, BatchNorm, Conv, LayerId, Network, Op, Shape, Weights};
use plan::{Kind, Plan, Source};
use std::time::Instant;
use uses::NodeUse;

/// What a pass reads and never changes.
pub(super) struct Task<'a> {
    pub net: &'a Network,
    pub weights: &'a Weights,
    pub pass: &'a Pass<'a>,
    pub plan: Plan,
    pub uses: Vec<NodeUse>,
}

/// A convolution or linear layer of a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convolution {
    pub conv: Conv,
    pub input: Source,
    pub layer: LayerId,
}

/// Consecutive channels of an input from `from` on, which become channels of a node from `to` on, `step` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channels {
    pub input: Source,
    pub from: usize,
    pub to: usize,
    pub step: usize,
    pub count: usize,
}

/// The values that nodes have yielded, while something still needs them and they are not to be computed again.
#[derive(Debug)]
pub(super) struct NodeValues<B> {
    pub raw: Vec<Option<B>>,
    pub activated: Vec<Option<B>>,
}

impl<B> NodeValues<B> {
    /// No values yet, for this many nodes.
    pub fn none(nodes: usize) -> Self {
        NodeValues { raw: none(nodes), activated: none(nodes) }
    }

    /// A value that has been computed and is still needed.
    pub fn get(&self, source: Source) -> &B {
        self.find(source).expect("a value is there, or computed again, whenever a step reads it")
    }

    pub fn find(&self, source: Source) -> Option<&B> {
        let values = if source.activated { &self.activated } else { &self.raw };
        values[source.node].as_ref()
    }

    pub fn take(&mut self, source: Source) -> Option<B> {
        let values = if source.activated { &mut self.activated } else { &mut self.raw };
        values[source.node].take()
    }

    /// Takes out all values.
    pub fn drain(&mut self) -> impl Iterator<Item = B> {
        self.raw.drain(..).chain(self.activated.drain(..)).flatten()
    }
}

/// A pass in progress.
pub(super) struct Walk<'a, 'o, B: Backend> {
    pub task: Task<'a>,
    pub audience: Audience<'a, 'o>,
    pub values: NodeValues<B::Buffer>,
    /// The objective's gradient with respect to each node's value, as far as it has been collected, followed by those with respect to
    /// each node's activation. [`Task::slot`] gives the place of each.
    pub gradients: Vec<Option<B::Buffer>>,
    /// Whether the current backward pass is the last one, so that it may release the nodes' values as it goes.
    pub last: bool,
    /// Whether a node that has run is running again, which shows nothing.
    pub again: bool,
}

/// Returns the gradient with respect to the parameter at a place of the network's list, if one has reached it.
pub(super) type Gradients<'g> = &'g (dyn Fn(usize) -> Option<Values<'g>> + 'g);

/// A vector of `count` times `None`.
pub(super) fn none<T>(count: usize) -> Vec<Option<T>> {
    (0..count).map(|_| None).collect()
}

/// Runs a pass on the backend that `backend` creates for it. If more than `most_kept` numbers would be kept from the forward pass for the
/// backward pass, those that cost little are computed again instead.
pub(super) fn run<B: Backend>(
    net: &Network,
    weights: &Weights,
    pass: &Pass<'_>,
    watchers: &mut [Watcher<'_>],
    most_kept: usize,
    backend: impl FnOnce(&Task<'_>, &Audience<'_, '_>) -> Result<B>,
) -> Result<Outcome> {
    let start = Instant::now();
    let audience = Audience::new(watchers, pass);
    let passes = audience.backward_passes();
    let task = Task::new(net, weights, pass, (audience.seen, &passes), most_kept);
    let nodes = task.plan.nodes.len();
    let mut backend = backend(&task, &audience)?;
    let mut walk =
        Walk { task, audience, values: NodeValues::none(nodes), gradients: none(2 * nodes), last: false, again: false };
    let logits = walk.forward(&mut backend)?;
    let forward = backend.own_time(walk.audience.since(start));
    let mut backward = Vec::with_capacity(passes.len());
    for (i, &seen) in passes.iter().enumerate() {
        let start = Instant::now();
        walk.audience.turn_to(seen);
        let rounds = seen.objective.rounds(pass.batch.size(), logits.len());
        for round in 0..rounds {
            walk.last = i + 1 == passes.len() && round + 1 == rounds;
            walk.audience.show(|_| true, |to| to.round(round));
            let by_logits = seen.objective.by_logits(round, &logits, pass.batch.labels());
            backend.begin_backward(&mut walk, seen, &logits)?;
            walk.backward(&mut backend, by_logits, &logits)?;
            backend.end_backward(&mut walk)?;
        }
        backward.push((seen.objective, backend.own_time(walk.audience.since(start))));
    }
    let left = walk.values.drain().chain(walk.gradients.drain(..).flatten());
    left.for_each(|buffer| backend.give(buffer));
    Ok(Outcome { logits, forward, backward, curvature: backend.finish() })
}

impl<B: Backend> Walk<'_, '_, B> {
    /// Whether the current backward pass reaches a node.
    pub fn reached(&self, node: usize) -> bool {
        let is_images = self.task.plan.nodes[node].kind == Kind::Images;
        self.task.uses[node].reached && (self.audience.seen.input_gradient || !is_images)
    }

    /// The output of the ReLU that masks the gradient with respect to `source`, if one does.
    pub fn gate(&self, source: Source) -> Option<&B::Buffer> {
        self.task.gates(source).then(|| self.values.get(source))
    }
}

impl<'a> Task<'a> {
    /// Plans a pass and these backward passes, of which `seen` is all that is seen.
    pub fn new(
        net: &'a Network,
        weights: &'a Weights,
        pass: &'a Pass<'a>,
        (seen, passes): (Watch, &[Watch]),
        most_kept: usize,
    ) -> Self {
        let plan = Plan::new(net, pass, seen);
        let mut uses = uses::of_plan(&plan, seen, passes);
        // A value's tangent is released with it and cannot be computed again.
        if !seen.curvature {
            uses::compute_again(&plan, &mut uses, most_kept / pass.batch.size());
        }
        Task { net, weights, pass, plan, uses }
    }

    pub fn images(&self) -> usize {
        self.pass.batch.size()
    }

    pub fn shape(&self, node: usize) -> Shape {
        self.plan.nodes[node].shape
    }

    /// Whether a ReLU masks the gradient with respect to this value when it is added to that of the node's own value. For other
    /// activations, the gradient is collected separately, and taken through the activation once it is complete.
    pub fn gates(&self, source: Source) -> bool {
        source.activated && self.plan.fused && !self.plan.slope_of_input(source)
    }

    /// The place in the walk's gradients where the gradient with respect to this value is collected.
    pub fn slot(&self, source: Source) -> usize {
        let apart = self.plan.fused && self.plan.slope_of_input(source);
        if apart { self.plan.nodes.len() + source.node } else { source.node }
    }

    /// The activation that a combination's gradient still has to go through, because each activation layer is a node by itself.
    pub fn unmasked(&self, node: usize) -> Option<Activation> {
        self.plan.nodes[node].activation.filter(|_| !self.plan.fused)
    }

    /// Place of a layer's parameter number `i` in the network's list, and its values.
    pub fn parameter(&self, layer: LayerId, i: usize) -> (usize, &'a [f32]) {
        self.weights.of_layer(layer).nth(i).expect("weights fit their network")
    }

    /// The scale and shift of a batch or layer norm, if it has them, and what is added to its variances.
    pub fn norm(&self, layer: LayerId) -> (Option<[&'a [f32]; 2]>, f64) {
        let (affine, epsilon) = match &self.net.layer(layer).op {
            Op::BatchNorm(norm) => (norm.affine, norm.eps),
            Op::LayerNorm(norm) => (norm.affine, norm.eps),
            _ => (false, BatchNorm::EPSILON),
        };
        (affine.then(|| [0, 1].map(|i| self.parameter(layer, i).1)), epsilon)
    }

    /// The convolution of a node, if it is one.
    pub fn convolution(&self, node: usize) -> Option<Convolution> {
        match self.plan.nodes[node].kind {
            Kind::Conv { conv, input, layer } => Some(Convolution { conv, input, layer }),
            _ => None,
        }
    }

    /// Whether a layer's channels have saliencies: those of convolutions and linear layers.
    pub fn is_salient(&self, layer: LayerId) -> bool {
        matches!(self.net.layer(layer).op, Op::Conv(_) | Op::Linear(_))
    }

    /// Where a node that rearranges channels takes them from.
    pub fn channels_of(&self, node: usize) -> Vec<Channels> {
        let all = self.shape(node).channels;
        match self.plan.nodes[node].kind {
            Kind::Truncate(from, input) => vec![Channels { input, from, to: 0, step: 1, count: all }],
            Kind::Shuffle(groups, input) => {
                let count = all / groups;
                (0..groups).map(|to| Channels { input, from: to * count, to, step: groups, count }).collect()
            }
            ref kind => {
                let mut next = 0;
                let part = |input: Source| {
                    let (to, count) = (next, self.shape(input.node).channels);
                    next += count;
                    Channels { input, from: 0, to, step: 1, count }
                };
                kind.sources().into_iter().map(part).collect()
            }
        }
    }
}

//! How a pass uses a plan: which nodes run, which values they yield, how long those live, and where gradients flow.

use super::plan::{Kind, Node, Plan, Source};
use crate::engine::{Objective, Watch};
use crate::network::Conv;

/// How one of a node's two values, itself or its activation, is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Use {
    /// Whether anything reads it.
    pub read: bool,
    /// Width in pixels of the border of zeros that its readers need.
    pub border: usize,
    /// The last node that reads it in the forward pass.
    pub last: usize,
    /// Whether the backward pass needs it again.
    pub wanted: bool,
}

/// How a node is used.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct NodeUse {
    /// Whether it runs.
    pub needed: bool,
    /// Its value.
    pub raw: Use,
    /// Its activation.
    pub activated: Use,
    /// Whether a combination normalises its value with the batch's statistics.
    pub normalised: bool,
    /// Whether a gradient reaches it.
    pub reached: bool,
    /// Whether its values are released after the forward pass, and computed again when the backward pass needs them.
    pub again: bool,
    /// The values that are computed again before its backward step.
    pub restored: Vec<Source>,
    /// For a convolution that only one combination reads: that combination. It may run the convolution's backward step too, image by
    /// image, so that the gradient between the two is never stored.
    pub owner: Option<usize>,
}

impl NodeUse {
    pub fn of(&self, source: Source) -> &Use {
        if source.activated { &self.activated } else { &self.raw }
    }

    /// Whether this value of the node is released after node `i` of the forward pass.
    pub fn is_over(&self, source: Source, i: usize) -> bool {
        let value = self.of(source);
        (!value.wanted || self.again) && value.last <= i
    }

    fn of_mut(&mut self, source: Source) -> &mut Use {
        if source.activated { &mut self.activated } else { &mut self.raw }
    }
}

/// The uses of all nodes in a run that shows what `watch` asks for, with these backward passes.
pub(in crate::engine) fn of_plan(plan: &Plan, watch: Watch, passes: &[Watch]) -> Vec<NodeUse> {
    let mut uses = vec![NodeUse::default(); plan.nodes.len()];
    let output = &mut uses[plan.output.node];
    output.needed = true;
    *output.of_mut(plan.output) = Use { read: true, border: 0, last: usize::MAX, wanted: true };
    output.reached = passes.iter().any(|pass| pass.objective != Objective::Signs);
    if output.reached && plan.slope_of_input(plan.output) {
        (output.raw.read, output.raw.wanted) = (true, true);
    }
    let signs = passes.iter().any(|pass| pass.objective == Objective::Signs);
    for &boundary in &plan.boundaries {
        uses[boundary].needed = true;
        uses[boundary].raw.read = true;
        uses[boundary].reached |= signs;
    }
    // Gradients of signs end at the first boundary.
    let end = plan.boundaries.first().filter(|_| !uses[plan.output.node].reached);
    for (i, node) in plan.nodes.iter().enumerate().rev() {
        let seen = watch.sees_layers();
        uses[i].needed |= seen || (watch.sees_codes() && !node.coded.is_empty());
        uses[i].needed |= watch.batch_statistics && node.kind.normalises();
        uses[i].needed |= watch.features && node.kind.pooled().is_some();
        if seen && node.layer.is_some() {
            let seen = if node.activation.is_none() { &mut uses[i].raw } else { &mut uses[i].activated };
            seen.read = true;
            seen.wanted |= watch.output_gradients;
        }
        if uses[i].needed {
            let reached = uses[i].reached && end != Some(&i);
            propagate(plan, watch, &mut uses, i, reached);
        }
    }
    own(plan, &mut uses);
    uses
}

/// The most steps in a row that are computed again. The values between them are all held at one time, so longer rows would not save memory.
const IN_A_ROW: usize = 4;

/// How many numbers of each image the backward pass needs again.
fn wanted(plan: &Plan, uses: &[NodeUse]) -> usize {
    let of_node = |(node, used): (&Node, &NodeUse)| {
        node.shape.len() * [used.raw, used.activated].into_iter().filter(|value| value.wanted).count()
    };
    plan.nodes.iter().zip(uses).map(of_node).sum()
}

/// If more than `most` numbers of each image would be kept for the backward pass, chooses values that are computed again instead: those of
/// combinations and copies, which cost little beside convolutions, where what they are computed from is wanted as well.
pub(in crate::engine) fn compute_again(plan: &Plan, uses: &mut [NodeUse], most: usize) {
    if !plan.fused || wanted(plan, uses) <= most {
        return;
    }
    let mut in_a_row = vec![0; plan.nodes.len()];
    for (i, node) in plan.nodes.iter().enumerate() {
        let cheap = matches!(
            node.kind,
            Kind::Combine(_) | Kind::Concat(_) | Kind::Truncate(..) | Kind::Shuffle(..) | Kind::Crop(..)
        );
        let sources = node.kind.sources();
        let there = sources.iter().all(|&source| uses[source.node].of(source).wanted);
        let steps = 1 + sources.iter().map(|source| in_a_row[source.node]).max().unwrap_or(0);
        let any = uses[i].raw.wanted || uses[i].activated.wanted;
        if cheap && there && any && steps <= IN_A_ROW && i != plan.output.node {
            uses[i].again = true;
            in_a_row[i] = steps;
        }
    }
    for i in 0..plan.nodes.len() {
        if uses[i].reached {
            let again = |source: &Source| uses[source.node].again && uses[source.node].of(*source).wanted;
            uses[i].restored = read_by(plan, uses, i).into_iter().filter(again).collect();
        }
    }
}

/// The values that the backward step of node `i` may read.
fn read_by(plan: &Plan, uses: &[NodeUse], i: usize) -> Vec<Source> {
    let sources = |node: usize| plan.nodes[node].kind.sources();
    let owned = sources(i).into_iter().filter(|source| uses[source.node].owner == Some(i));
    let of_owned: Vec<Source> = owned.flat_map(|source| sources(source.node)).collect();
    sources(i).into_iter().chain(of_owned).chain(Source::both(i)).collect()
}

/// Marks what node `i` reads; `reached` says whether the node passes a gradient on.
fn propagate(plan: &Plan, watch: Watch, uses: &mut [NodeUse], i: usize, reached: bool) {
    let kind = &plan.nodes[i].kind;
    for (term, source) in kind.sources().into_iter().enumerate() {
        let is_images = plan.nodes[source.node].kind == Kind::Images;
        let read = &mut uses[source.node];
        read.needed = true;
        read.reached |= reached && (!is_images || watch.input_gradient);
        // A ReLU's slope follows from its output, that of other activations from their input.
        let of_input = plan.slope_of_input(source);
        let mut again = source.activated && !of_input;
        if of_input && reached {
            (read.raw.read, read.raw.wanted) = (true, true);
        }
        match kind {
            Kind::Conv { conv, .. } => {
                let value = read.of_mut(source);
                value.border = value.border.max(border(conv));
                again = true;
            }
            Kind::MaxPool(..) | Kind::Product(_) | Kind::LayerNorm(..) => again = true,
            Kind::Combine(terms) if terms[term].norm.is_some() => {
                read.normalised = plan.measured;
                again = true;
            }
            _ => {}
        }
        let value = read.of_mut(source);
        value.read = true;
        value.last = value.last.max(i);
        value.wanted |= reached && again;
    }
    uses[i].raw.wanted |= match kind {
        Kind::MaxPool(..) => reached,
        Kind::Conv { .. } => reached && watch.saliencies,
        _ => false,
    };
}

/// The width in pixels of the border of zeros that a convolution needs around its input.
fn border(conv: &Conv) -> usize {
    conv.windows().into_iter().flat_map(|line| line.padding).max().unwrap_or(0)
}

/// Finds the convolutions that combinations own.
fn own(plan: &Plan, uses: &mut [NodeUse]) {
    let mut readers = vec![0; plan.nodes.len()];
    for (i, node) in plan.nodes.iter().enumerate() {
        if !uses[i].reached {
            continue;
        }
        for source in node.kind.sources() {
            readers[source.node] += 1;
            let is_conv = matches!(plan.nodes[source.node].kind, Kind::Conv { conv: Conv { bias: false, .. }, .. });
            if plan.fused && is_conv && matches!(node.kind, Kind::Combine(_)) && source.node != plan.output.node {
                uses[source.node].owner = Some(i);
            }
        }
    }
    for (node, readers) in uses.iter_mut().zip(readers) {
        node.owner = node.owner.filter(|_| readers == 1);
    }
    // The gradient that arrives at a boundary is shown, so it is stored.
    plan.boundaries.iter().for_each(|&boundary| uses[boundary].owner = None);
}

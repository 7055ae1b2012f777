//! Curvature: tangents of all values and gradients as the weights w of convolutions and linear layers grow in proportion,
//! computed node by node along with the ordinary passes, which they do not change.
//!
//! A convolution read only by batch norms is special. Growing its output z to (1 + t) z has the same effect on the norms as
//! shrinking their epsilon to epsilon / (1 + t)^2, and makes its own gradient shrink by 1 + t. So the weights of such a
//! convolution are held constant here, the epsilon of its norms changes, and its gradient is subtracted from the product in the
//! end, which saves convolutions and passes over memory.

mod backward;
mod blend;
mod conv;
mod forward;
mod norm;

use super::super::lanes::Float;
use super::super::plane::Plane;
use super::{Cpu, NodeValues, Walk, images};
use crate::engine::walk::none;
use crate::engine::walk::plan::{Kind, Plan, Source};
use crate::engine::{Observer, Watch};
use crate::network::{Conv, Network, Role};
use norm::NormTangent;
use std::time::{Duration, Instant};

/// The tangents of a run.
pub(super) struct Tangents<F> {
    /// Tangents of the nodes' values; a value without one is constant.
    values: NodeValues<F>,
    /// Tangents of the nodes' gradients.
    gradients: Vec<Option<Plane<F>>>,
    /// Tangents of the batch norms, by layer.
    norms: Vec<Option<NormTangent<F>>>,
    /// Tangents of the parameters' gradients.
    by_parameter: Vec<Option<Plane<F>>>,
    /// Whether a node is a convolution read only by batch norms.
    normalised: Vec<bool>,
    /// Whether the current backward pass continues to the images.
    to_images: bool,
    spent: Duration,
}

impl<F: Float> Tangents<F> {
    /// Creates a store without tangents.
    pub fn new(net: &Network, plan: &Plan) -> Self {
        let nodes = plan.nodes.len();
        Tangents {
            values: NodeValues::none(nodes),
            gradients: none(nodes),
            norms: none(net.layers().len()),
            by_parameter: none(net.parameters().len()),
            normalised: normalised(plan),
            to_images: false,
            spent: Duration::ZERO,
        }
    }

    pub fn take(&mut self, source: Source) -> Option<Plane<F>> {
        self.values.take(source)
    }

    /// Returns all planes.
    pub fn into_planes(self) -> impl Iterator<Item = Plane<F>> {
        let all = [self.values.raw, self.values.activated, self.gradients, self.by_parameter];
        all.into_iter().flatten().flatten()
    }
}

/// Determines for each node whether it is a convolution that only batch norms read.
fn normalised(plan: &Plan) -> Vec<bool> {
    let is_conv = |kind: &Kind| matches!(kind, Kind::Conv { conv: Conv { bias: false, .. }, .. });
    let mut normalised: Vec<bool> = plan.nodes.iter().map(|node| is_conv(&node.kind)).collect();
    normalised[plan.output.node] = false;
    for node in &plan.nodes {
        match &node.kind {
            Kind::Combine(terms) => {
                terms.iter().filter(|term| term.norm.is_none()).for_each(|term| normalised[term.source.node] = false);
            }
            kind => kind.sources().into_iter().for_each(|source| normalised[source.node] = false),
        }
    }
    normalised
}

impl<'m, F: Float> Cpu<'m, F> {
    /// Runs a step on the tangents, if there are any, and adds up the time it takes.
    pub(super) fn with_tangents(&mut self, step: impl FnOnce(&mut Self, &mut Tangents<F>)) {
        if let Some(mut tangents) = self.tangents.take() {
            let start = Instant::now();
            step(self, &mut tangents);
            tangents.spent += start.elapsed();
            self.tangents = Some(tangents);
        }
    }

    /// Returns the time that tangents have taken.
    pub(super) fn tangent_time(&self) -> Duration {
        self.tangents.as_ref().map_or(Duration::ZERO, |tangents| tangents.spent)
    }

    /// Sets the tangent of the logits' gradient for a backward pass that reports what this watch asks for.
    pub(super) fn seed_tangent(&mut self, walk: &Walk<'_, '_, 'm, F>, seen: Watch, logits: &[f64]) {
        self.with_tangents(|run, tangents| {
            let old = tangents.gradients.iter_mut().chain(&mut tangents.by_parameter).filter_map(Option::take);
            old.for_each(|plane| run.memory.buffers.give(plane));
            if !seen.curvature {
                return;
            }
            tangents.to_images = seen.input_gradient;
            let output = walk.task.plan.output;
            let tangent = match tangents.values.find(output) {
                Some(plane) => images::logits(&walk.task, plane),
                None => vec![0.0; logits.len()],
            };
            let by_logits = seen.objective.gradient_tangent(logits, &tangent, walk.task.pass.batch.labels());
            tangents.gradients[output.node] = Some(run.logit_plane(&walk.task, &walk.values, &by_logits));
        });
    }

    /// Reports the weights of convolutions and linear layers with their gradients and Hessian products; zeros stand for those
    /// that are missing.
    pub(super) fn show_curvature(&mut self, walk: &mut Walk<'_, '_, 'm, F>) {
        if !walk.audience.seen.curvature {
            return;
        }
        self.with_tangents(|run, tangents| {
            let net = walk.task.net;
            let nodes = &walk.task.plan.nodes;
            let mut node_of = vec![None; net.layers().len()];
            for (i, node) in nodes.iter().enumerate() {
                if let Kind::Conv { layer, .. } = node.kind {
                    node_of[layer.index()] = Some(i);
                }
            }
            let mut zeros = Vec::new();
            for (place, parameter) in net.parameters().iter().enumerate().rev() {
                if parameter.role != Role::Weight {
                    continue;
                }
                zeros.resize(parameter.len().max(zeros.len()), F::default());
                let still = &zeros[..parameter.len()];
                let gradient = run.by_parameter[place].as_ref().map_or(still, Plane::all);
                if let Some(product) = &mut tangents.by_parameter[place]
                    && node_of[parameter.layer.index()].is_some_and(|node| tangents.normalised[node])
                {
                    product
                        .all_mut()
                        .iter_mut()
                        .zip(gradient)
                        .for_each(|(product, &gradient)| *product = *product - gradient);
                }
                let product = tangents.by_parameter[place].as_ref().map_or(still, Plane::all);
                let (gradient, product) = (F::values(gradient), F::values(product));
                let event = |to: &mut dyn Observer| to.curvature(parameter, gradient, product);
                walk.audience.show(|watch| watch.curvature, event);
            }
        });
    }
}

//! The backward pass, node by node in reverse.

use super::super::lanes::Float;
use super::super::layout::Plane;
use super::super::plan::{Kind, Source};
use super::Run;
use crate::engine::Objective;

impl<F: Float> Run<'_, '_, F> {
    /// Runs all nodes in reverse from the gradient by the logits.
    pub(super) fn backward(&mut self, by_logits: &[f64]) {
        if self.audience.seen.objective != Objective::Signs {
            self.gradients[self.task.plan.output.node] = Some(self.by_logits(by_logits));
        }
        for i in (0..self.task.plan.nodes.len()).rev() {
            let g = self.gradients[i].take();
            if let Some(g) = self.turn_at_boundary(i, g) {
                self.show_gradient(i, &g);
                self.tangent_backward(i, &g);
                self.node_backward(i, g);
            }
            if self.last {
                [false, true].into_iter().for_each(|rectified| self.release(Source { node: i, rectified }));
            }
        }
    }

    /// The plane of the gradient by the logits, or of its tangent.
    pub(super) fn by_logits(&mut self, by_logits: &[f64]) -> Plane<F> {
        let output = self.task.plan.output;
        let mut plane = self.memory.buffers.take(self.task.gradient_layout(output.node));
        let classes = self.task.net.classes();
        let start = plane.layout().start();
        let gated = output.rectified && self.task.plan.fused;
        let logits = self.values.get(output);
        for (n, by_logits) in by_logits.chunks_exact(classes).enumerate() {
            let logits = &logits.image(n)[logits.layout().start()..][..classes];
            let to = &mut plane.image_mut(n)[start..];
            to[classes..].iter_mut().for_each(|to| *to = F::default());
            for ((to, &g), &logit) in to.iter_mut().zip(by_logits).zip(logits) {
                *to = if gated && logit <= F::default() { F::default() } else { F::from_f64(g) };
            }
        }
        plane
    }

    fn node_backward(&mut self, i: usize, g: Plane<F>) {
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => self.memory.buffers.give(g),
            Kind::Conv { .. } => self.conv_backward_whole(i, g),
            Kind::Combine(terms) => self.combine_backward(i, &terms, g),
            _ => {
                self.memory.linear_backward(&self.task, i, &self.values, &g, &mut self.gradients);
                self.memory.buffers.give(g);
            }
        }
    }

    fn show_gradient(&mut self, i: usize, g: &Plane<F>) {
        let node = &self.task.plan.nodes[i];
        if node.kind == Kind::Images {
            self.audience.show(|watch| watch.input_gradient, |to| to.input_gradient(&g.view(node.shape)));
        } else if let (true, Some(layer)) = (self.audience.seen.output_gradients, node.layer) {
            let value = self.values.get(Source { node: i, rectified: !node.relus.is_empty() });
            let (value, gradient) = (value.view(node.shape), g.view(node.shape));
            self.audience.show(|watch| watch.output_gradients, |to| to.output_gradient(layer, &value, &gradient));
        }
    }
}

//! What observers are shown of a pass.

use super::plan::{Kind, Source};
use super::{Backend, Gradients, Walk};
use crate::Result;
use crate::engine::signs::boundaries_at;
use crate::engine::values::Numbers;
use crate::engine::{Observer, Values, View};

impl<B: Backend> Walk<'_, '_, B> {
    /// What node `i` yields, if every layer is a node.
    fn shown(&self, i: usize) -> Source {
        Source { node: i, activated: self.task.plan.nodes[i].activation.is_some() }
    }

    pub(super) fn show_features(&mut self, backend: &mut B, i: usize) -> Result<()> {
        if let (true, Some(input)) = (self.audience.seen.features, self.task.plan.nodes[i].kind.pooled()) {
            let Walk { task, values, audience, .. } = self;
            backend.see(task, [(values.get(input), input.node)], |[view]| {
                audience.show(|watch| watch.features, |to| to.features(&view));
            })?;
        }
        Ok(())
    }

    pub(super) fn show_output(&mut self, backend: &mut B, i: usize) -> Result<()> {
        if let (true, Some(layer)) = (self.audience.seen.outputs, self.task.plan.nodes[i].layer) {
            let shown = self.shown(i);
            let Walk { task, values, audience, .. } = self;
            backend.see(task, [(values.get(shown), i)], |[view]| {
                audience.show(|watch| watch.outputs, |to| to.output(layer, &view));
            })?;
        }
        Ok(())
    }

    pub(super) fn show_boundary(&mut self, backend: &mut B, i: usize) -> Result<()> {
        let boundaries = boundaries_at(&self.task.plan.boundaries, i);
        if self.audience.seen.boundaries && !boundaries.is_empty() {
            let Walk { task, values, audience, .. } = self;
            backend.see(task, [(values.get(Source { node: i, activated: false }), i)], |[view]| {
                for boundary in boundaries {
                    audience.show(|watch| watch.boundaries, |to| to.boundary(boundary, &view));
                }
            })?;
        }
        Ok(())
    }

    /// Shows the gradient that has arrived at a boundary; zeros if there is none.
    pub(super) fn show_boundary_gradient(
        &mut self,
        backend: &mut B,
        boundary: usize,
        i: usize,
        g: Option<&B::Buffer>,
    ) -> Result<()> {
        let Walk { task, audience, .. } = self;
        let mut show = |view: &View<'_>| {
            audience.show(|watch| watch.boundary_gradients, |to| to.boundary_gradient(boundary, view));
        };
        match g {
            Some(g) => backend.see(task, [(g, i)], |[view]| show(&view))?,
            None => {
                let zeros = Numbers::zeros(task.pass.precision, task.images() * task.shape(i).len());
                show(&View::contiguous(zeros.values(), task.images(), task.shape(i)));
            }
        }
        Ok(())
    }

    pub(super) fn show_gradient(&mut self, backend: &mut B, i: usize, g: &B::Buffer) -> Result<()> {
        let node = &self.task.plan.nodes[i];
        let (layer, is_images, shown) = (node.layer, node.kind == Kind::Images, self.shown(i));
        let Walk { task, values, audience, .. } = self;
        if is_images {
            if audience.seen.input_gradient {
                backend.see(task, [(g, i)], |[view]| {
                    audience.show(|watch| watch.input_gradient, |to| to.input_gradient(&view));
                })?;
            }
        } else if let (true, Some(layer)) = (audience.seen.output_gradients, layer) {
            backend.see(task, [(values.get(shown), i), (g, i)], |[value, gradient]| {
                audience.show(|watch| watch.output_gradients, |to| to.output_gradient(layer, &value, &gradient));
            })?;
        }
        Ok(())
    }

    /// Shows all parameters with their gradients, zeros where none reaches them.
    pub fn show_weights(&mut self, gradient: Gradients<'_>) {
        if !self.audience.seen.weight_gradients {
            return;
        }
        let (net, weights) = (self.task.net, self.task.weights);
        let longest = weights.tensors().iter().map(Vec::len).max().unwrap_or(0);
        let zeros = Numbers::zeros(self.task.pass.precision, longest);
        let mut wide = Vec::new();
        for (place, tensor) in net.ids().rev().flat_map(|id| weights.of_layer(id)) {
            let gradient = gradient(place).unwrap_or_else(|| zeros.values().slice(0..tensor.len()));
            let value = match gradient {
                Values::F32(_) => Values::F32(tensor),
                Values::F64(_) => {
                    wide.clear();
                    wide.extend(tensor.iter().map(|&w| f64::from(w)));
                    Values::F64(&wide)
                }
            };
            let event = |to: &mut dyn Observer| to.weight(&net.parameters()[place], value, gradient);
            self.audience.show(|watch| watch.weight_gradients, event);
        }
    }
}

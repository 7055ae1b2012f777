//! The forward pass, node by node.

use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Kind, Source};
use super::super::pool::{MaxForward, Windows};
use super::{Run, Task, image};
use crate::network::Shape;

impl<F: Float> Run<'_, '_, F> {
    /// Runs all nodes that are needed; the logits, row-major.
    pub(super) fn forward(&mut self) -> Vec<f64> {
        for i in 0..self.task.plan.nodes.len() {
            if !self.task.uses[i].needed {
                continue;
            }
            self.show_features(i);
            self.node_forward(i);
            self.tangent_forward(i);
            self.show_output(i);
            self.show_boundary(i);
            let node = [false, true].map(|rectified| Source { node: i, rectified });
            for source in self.task.plan.nodes[i].kind.sources().into_iter().chain(node) {
                let used = self.task.uses[source.node].of(source);
                if !used.kept && used.last <= i {
                    self.release(source);
                }
            }
        }
        self.task.logits(self.values.get(self.task.plan.output))
    }

    fn node_forward(&mut self, i: usize) {
        let value = Source { node: i, rectified: false };
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => {
                let plane = self.load_images(self.layout(value));
                self.values.raw[i] = Some(plane);
            }
            Kind::Conv { conv, input, layer, bias } => self.conv_forward(i, conv, input, layer, bias),
            Kind::Combine(terms) => self.combine_forward(i, &terms),
            Kind::MaxPool(pool, input) => {
                let windows = Windows::from(&pool);
                let (layout, x) = (self.layout(value), self.values.get(input));
                self.values.raw[i] =
                    Some(self.memory.by_image(layout, 0, |y, _, n| MaxForward { windows, x: image(x, n), y }.run()));
            }
            _ => self.values.raw[i] = self.memory.linear_forward(&self.task, i, &self.values),
        }
    }

    /// The batch's images in the engine's layout.
    fn load_images(&mut self, layout: Layout) -> Plane<F> {
        let batch = self.task.pass.batch;
        let Shape { channels, height, width } = batch.shape();
        let mut plane = self.memory.buffers.take(layout);
        for (n, pixels) in batch.images().chunks_exact(batch.shape().len()).enumerate() {
            let to = plane.image_mut(n);
            for row in 0..height {
                let to = &mut to[layout.row_at(row)..][..layout.row_len()];
                for (column, to) in to.chunks_exact_mut(layout.channels).enumerate() {
                    to[channels..].fill(F::default());
                    for (channel, to) in to[..channels].iter_mut().enumerate() {
                        *to = F::from_f64(pixels[(channel * height + row) * width + column]);
                    }
                }
            }
        }
        plane
    }

    fn show_features(&mut self, i: usize) {
        if let Kind::GlobalAverage(input) = self.task.plan.nodes[i].kind {
            let view = self.values.get(input).view(self.task.plan.nodes[input.node].shape);
            self.audience.show(|watch| watch.features, |to| to.features(&view));
        }
    }

    fn show_output(&mut self, i: usize) {
        let node = &self.task.plan.nodes[i];
        if let (true, Some(layer)) = (self.audience.seen.outputs, node.layer) {
            let view = self.values.get(Source { node: i, rectified: !node.relus.is_empty() }).view(node.shape);
            self.audience.show(|watch| watch.outputs, |to| to.output(layer, &view));
        }
    }
}

impl Task<'_> {
    /// The numbers in a plane of logits, row-major.
    pub(super) fn logits<F: Float>(&self, plane: &Plane<F>) -> Vec<f64> {
        let classes = self.net.classes();
        let view = plane.view(Shape::new(classes, 1, 1));
        (0..view.images() * classes).map(|i| view.get(i / classes, i % classes, 0, 0)).collect()
    }
}

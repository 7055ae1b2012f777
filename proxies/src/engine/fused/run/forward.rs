//! The forward pass, node by node.

use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Kind, Source};
use super::super::pool::{AverageForward, CopyChannels, GlobalForward, MaxForward, Windows};
use super::{Run, image, image_mut};
use crate::network::Shape;

impl<F: Float> Run<'_, '_, F> {
    /// Runs all nodes that are needed; the logits, row-major.
    pub(super) fn forward(&mut self) -> Vec<f64> {
        for i in 0..self.task.plan.nodes.len() {
            if !self.task.uses[i].needed {
                continue;
            }
            self.node_forward(i);
            self.show_output(i);
            let node = [false, true].map(|rectified| Source { node: i, rectified });
            for source in self.task.plan.nodes[i].kind.sources().into_iter().chain(node) {
                let used = self.task.uses[source.node].of(source);
                if !used.kept && used.last <= i {
                    self.release(source);
                }
            }
        }
        let logits = self.values.get(self.task.plan.output);
        let view = logits.view(Shape::new(self.task.net.classes(), 1, 1));
        let classes = self.task.net.classes();
        (0..self.images() * classes).map(|i| view.get(i / classes, i % classes, 0, 0)).collect()
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
            Kind::AveragePool(pool, input) => {
                let windows = Windows { kernel: pool.kernel, stride: pool.stride, padding: pool.padding };
                let mut row = self.memory.buffers.take(Layout::flat(self.layout(input).row_len()));
                self.by_image(i, |run, y, n| {
                    let x = image(run.values.get(input), n);
                    AverageForward { windows, x, y: image_mut(y, n), row: row.all_mut() }.run();
                });
                self.memory.buffers.give(row);
            }
            Kind::MaxPool(pool, input) => {
                let windows = Windows { kernel: pool.kernel, stride: pool.stride, padding: pool.padding };
                self.by_image(i, |run, y, n| {
                    MaxForward { windows, x: image(run.values.get(input), n), y: image_mut(y, n) }.run();
                });
            }
            Kind::GlobalAverage(input) => self.by_image(i, |run, y, n| {
                GlobalForward { x: image(run.values.get(input), n), y: image_mut(y, n) }.run();
            }),
            Kind::Truncate(input) => self.copy_channels(i, &[input]),
            Kind::Concat(inputs) => self.copy_channels(i, &inputs),
        }
    }

    /// Computes a node's value image by image.
    fn by_image(&mut self, i: usize, mut step: impl FnMut(&Self, &mut Plane<F>, usize)) {
        let mut y = self.memory.buffers.take(self.layout(Source { node: i, rectified: false }));
        for n in 0..self.images() {
            step(self, &mut y, n);
        }
        self.values.raw[i] = Some(y);
    }

    /// The inputs' channels one after another, as many as the node has.
    fn copy_channels(&mut self, i: usize, inputs: &[Source]) {
        let channels = self.task.plan.nodes[i].shape.channels;
        self.by_image(i, |run, y, n| {
            let padding = y.layout().channels != channels;
            if padding {
                y.image_mut(n).fill(F::default());
            }
            let mut first = 0;
            for &input in inputs {
                let count = run.task.plan.nodes[input.node].shape.channels.min(channels - first);
                CopyChannels { x: image(run.values.get(input), n), y: image_mut(y, n), first, count }.run();
                first += count;
            }
        });
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
                        *to = F::from_f32(pixels[(channel * height + row) * width + column]);
                    }
                }
            }
        }
        plane
    }

    fn show_output(&mut self, i: usize) {
        let node = &self.task.plan.nodes[i];
        if let (true, Some(layer)) = (self.task.pass.watch.outputs, node.layer) {
            let view = self.values.get(Source { node: i, rectified: !node.relus.is_empty() }).view(node.shape);
            self.observers.iter_mut().for_each(|to| to.output(layer, &view));
        }
    }
}

//! The forward pass, node by node.

use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Kind, Source};
use super::super::pool::{AverageForward, CopyChannels, GlobalForward, ImageMut, MaxForward, Windows};
use super::cuts::images_mut;
use super::parallel::each;
use super::{NodeValues, Run, image};
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
                self.by_image(i, self.layout(input).row_len(), |values, y, row, n| {
                    AverageForward { windows, x: image(values.get(input), n), y, row }.run();
                });
            }
            Kind::MaxPool(pool, input) => {
                let windows = Windows { kernel: pool.kernel, stride: pool.stride, padding: pool.padding };
                self.by_image(i, 0, |values, y, _, n| {
                    MaxForward { windows, x: image(values.get(input), n), y }.run();
                });
            }
            Kind::GlobalAverage(input) => self.by_image(i, 0, |values, y, _, n| {
                GlobalForward { x: image(values.get(input), n), y }.run();
            }),
            Kind::Truncate(input) => self.copy_channels(i, &[input]),
            Kind::Concat(inputs) => self.copy_channels(i, &inputs),
        }
    }

    /// Computes a node's value image by image: `step` gets the values that there are, the image to write, a scratch of `row`
    /// numbers, and the image's number.
    fn by_image(
        &mut self,
        i: usize,
        row: usize,
        step: impl Fn(&NodeValues<F>, ImageMut<'_, F>, &mut [F], usize) + Sync,
    ) {
        let mut y = self.memory.buffers.take(self.layout(Source { node: i, rectified: false }));
        let (layout, values) = (y.layout(), &self.values);
        let mut rows = self.memory.rows(row);
        each(&mut rows, images_mut(&mut y).enumerate(), |row, (n, numbers)| {
            step(values, ImageMut { numbers, layout }, row.all_mut(), n);
        });
        rows.into_iter().for_each(|row| self.memory.buffers.give(row));
        self.values.raw[i] = Some(y);
    }

    /// The inputs' channels one after another, as many as the node has.
    fn copy_channels(&mut self, i: usize, inputs: &[Source]) {
        let parts = self.channels_of(i, inputs);
        let channels = self.task.plan.nodes[i].shape.channels;
        self.by_image(i, 0, |values, y, _, n| {
            let ImageMut { numbers, layout } = y;
            if layout.channels != channels {
                numbers.fill(F::default());
            }
            for &(input, first, count) in &parts {
                let y = ImageMut { numbers: &mut *numbers, layout };
                CopyChannels { x: image(values.get(input), n), y, first, count }.run();
            }
        });
    }

    /// Where in a node's channels those of its inputs go: the first of them, and how many.
    pub(super) fn channels_of(&self, i: usize, inputs: &[Source]) -> Vec<(Source, usize, usize)> {
        let nodes = &self.task.plan.nodes;
        let mut next = 0;
        let part = |&input: &Source| {
            let first = next;
            let count = nodes[input.node].shape.channels.min(nodes[i].shape.channels - first);
            next += count;
            (input, first, count)
        };
        inputs.iter().map(part).collect()
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
        if let (true, Some(layer)) = (self.audience.seen.outputs, node.layer) {
            let view = self.values.get(Source { node: i, rectified: !node.relus.is_empty() }).view(node.shape);
            self.audience.show(|watch| watch.outputs, |to| to.output(layer, &view));
        }
    }
}

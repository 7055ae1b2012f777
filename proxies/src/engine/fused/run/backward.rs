//! The backward pass, node by node in reverse.

use super::super::lanes::Float;
use super::super::layout::Plane;
use super::super::plan::{Kind, Source};
use super::super::pool::{AverageBackward, GlobalBackward, Gradient, ImageMut, MaxBackward, ReturnChannels, Windows};
use super::cuts::images_mut;
use super::parallel::each;
use super::{NodeValues, Run, image};

impl<F: Float> Run<'_, '_, F> {
    /// Runs all nodes in reverse from the gradient by the logits.
    pub(super) fn backward(&mut self, by_logits: &[f64]) {
        self.seed(by_logits);
        for i in (0..self.task.plan.nodes.len()).rev() {
            if let Some(g) = self.gradients[i].take() {
                self.show_gradient(i, &g);
                self.node_backward(i, g);
            }
            if self.last {
                [false, true].into_iter().for_each(|rectified| self.release(Source { node: i, rectified }));
            }
        }
    }

    fn seed(&mut self, by_logits: &[f64]) {
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
        self.gradients[output.node] = Some(plane);
    }

    fn node_backward(&mut self, i: usize, g: Plane<F>) {
        let windows = |kernel, stride, padding| Windows { kernel, stride, padding };
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => self.memory.buffers.give(g),
            Kind::Conv { .. } => self.conv_backward_whole(i, g),
            Kind::Combine(terms) => self.combine_backward(i, &terms, g),
            Kind::AveragePool(pool, input) => {
                let windows = windows(pool.kernel, pool.stride, pool.padding);
                self.by_input(input, |_, by_x, row, n| {
                    AverageBackward { windows, by_y: image(&g, n), by_x, row }.run();
                });
                self.memory.buffers.give(g);
            }
            Kind::MaxPool(pool, input) => {
                let windows = windows(pool.kernel, pool.stride, pool.padding);
                let value = Source { node: i, rectified: false };
                self.by_input(input, |values, by_x, pixels, n| {
                    let [x, y] = [input, value].map(|source| image(values.get(source), n));
                    MaxBackward { windows, x, y, by_y: image(&g, n), by_x, pixels }.run();
                });
                self.memory.buffers.give(g);
            }
            Kind::GlobalAverage(input) => {
                self.by_input(input, |_, by_x, row, n| {
                    GlobalBackward { by_y: image(&g, n), by_x, row }.run();
                });
                self.memory.buffers.give(g);
            }
            Kind::Truncate(input) => self.return_channels(i, &[input], g),
            Kind::Concat(inputs) => self.return_channels(i, &inputs, g),
        }
    }

    fn return_channels(&mut self, i: usize, inputs: &[Source], g: Plane<F>) {
        for (input, first, count) in self.channels_of(i, inputs) {
            self.by_input(input, |_, by_x, _, n| {
                ReturnChannels { by_y: image(&g, n), by_x, first, count }.run();
            });
        }
        self.memory.buffers.give(g);
    }

    /// Adds to an input's gradient image by image: `step` gets the values that there are, the image of the gradient with the
    /// gate it goes through, a scratch of at least a row and two pixels of it, and the image's number.
    fn by_input(&mut self, input: Source, step: impl Fn(&NodeValues<F>, Gradient<'_, F>, &mut [F], usize) + Sync) {
        if !self.reached(input.node) {
            return;
        }
        let mut by_x = self.gradients[input.node].take().unwrap_or_else(|| {
            let mut plane = self.memory.buffers.take(self.task.gradient_layout(input.node));
            plane.all_mut().fill(F::default());
            plane
        });
        let (layout, values) = (by_x.layout(), &self.values);
        let gate = (input.rectified && self.task.plan.fused).then(|| values.get(input));
        let mut rows = self.memory.rows(layout.row_len().max(2 * layout.channels));
        each(&mut rows, images_mut(&mut by_x).enumerate(), |row, (n, numbers)| {
            let by_x = Gradient { to: ImageMut { numbers, layout }, gate: gate.map(|gate| image(gate, n)) };
            step(values, by_x, row.all_mut(), n);
        });
        rows.into_iter().for_each(|row| self.memory.buffers.give(row));
        self.gradients[input.node] = Some(by_x);
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

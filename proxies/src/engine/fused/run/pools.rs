//! Pools and rearranged channels, forward and backward. Except for products, layer norms and the forward step of max pools, all
//! of them are linear, and so serve values and gradients as well as their tangents.

use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use super::super::pool::{
    AverageBackward, AverageForward, ChannelNormForward, CopyChannels, Crop, Flatten, GlobalBackward, GlobalForward,
    Gradient, ImageMut, MaxBackward, MaxForward, ProductBackward, ProductForward, ReturnChannels, Uncrop, Unflatten,
    Windows,
};
use super::channel_norm::channel_norm;
use super::cuts::images_mut;
use super::parallel::each;
use super::{Memory, NodeValues, image, layout};
use crate::engine::walk::plan::{Kind, Pool, Source};
use crate::engine::walk::{Channels, Task};

/// Converts a pool's windows to the form of its kernels.
pub(super) fn windows(&Pool { windows: lines, padding_counts, .. }: &Pool) -> Windows {
    Windows { lines, padding_counts }
}

impl<F: Float> Memory<F> {
    /// Fills a plane image by image: `step` receives the image to write, a scratch of `row` numbers, and the image's number.
    pub(super) fn by_image(
        &mut self,
        layout: Layout,
        row: usize,
        step: impl Fn(ImageMut<'_, F>, &mut [F], usize) + Sync,
    ) -> Plane<F> {
        let mut y = self.buffers.take(layout);
        let mut rows = self.rows(row);
        each(&mut rows, images_mut(&mut y).enumerate(), |row, (n, numbers)| {
            step(ImageMut { numbers, layout }, row.all_mut(), n);
        });
        rows.into_iter().for_each(|row| self.buffers.give(row));
        y
    }

    /// Applies a pool or a rearrangement of channels to `values`; returns `None` if its inputs are missing there.
    pub(super) fn rearranged(&mut self, task: &Task<'_>, i: usize, values: &NodeValues<F>) -> Option<Plane<F>> {
        let layout = layout(task, Source { node: i, activated: false });
        match &task.plan.nodes[i].kind {
            Kind::AveragePool(pool, input) => {
                let windows = windows(pool);
                let x = values.find(*input)?;
                Some(self.by_image(layout, x.layout().row_len(), |y, row, n| {
                    AverageForward { windows, x: image(x, n), y, row }.run();
                }))
            }
            Kind::MaxPool(pool, input) => {
                let windows = windows(pool);
                let x = values.find(*input)?;
                Some(self.by_image(layout, 0, |y, _, n| MaxForward { windows, x: image(x, n), y }.run()))
            }
            Kind::Flatten(input) => {
                let (x, channels) = (values.find(*input)?, task.shape(input.node).channels);
                Some(self.by_image(layout, 0, |y, _, n| Flatten { x: image(x, n), y, channels }.run()))
            }
            Kind::Crop(corner, input) => {
                let x = values.find(*input)?;
                Some(self.by_image(layout, 0, |y, _, n| Crop { x: image(x, n), y, corner: *corner }.run()))
            }
            Kind::Product([a, b]) => {
                let (a, b) = (values.find(*a)?, values.find(*b)?);
                Some(self.by_image(layout, 0, |y, _, n| ProductForward { a: image(a, n), b: image(b, n), y }.run()))
            }
            Kind::LayerNorm(layer, input) => {
                let (norm, x) = (channel_norm(task, *layer), values.find(*input)?);
                Some(self.by_image(layout, 0, |y, _, n| ChannelNormForward { norm: &norm, x: image(x, n), y }.run()))
            }
            Kind::GlobalAverage(input) => {
                let x = values.find(*input)?;
                Some(self.by_image(layout, 0, |y, _, n| GlobalForward { x: image(x, n), y }.run()))
            }
            _ => self.copy_channels(layout, &task.channels_of(i), values),
        }
    }

    /// Copies the channels of inputs to the places given by these parts.
    fn copy_channels(&mut self, layout: Layout, parts: &[Channels], values: &NodeValues<F>) -> Option<Plane<F>> {
        let found: Vec<_> = parts.iter().filter_map(|part| Some((values.find(part.input)?, *part))).collect();
        if found.is_empty() {
            return None;
        }
        let full = found.iter().map(|(_, part)| part.count).sum::<usize>() == layout.channels;
        Some(self.by_image(layout, 0, |ImageMut { numbers, layout }, _, n| {
            if !full {
                numbers.fill(F::default());
            }
            for &(x, part) in &found {
                let y = ImageMut { numbers: &mut *numbers, layout };
                CopyChannels { x: image(x, n), y, part }.run();
            }
        }))
    }

    /// Passes the gradient `g` of a pool or a rearrangement of channels on to `gradients`.
    pub(super) fn rearranged_backward(
        &mut self,
        task: &Task<'_>,
        i: usize,
        values: &NodeValues<F>,
        g: &Plane<F>,
        gradients: &mut [Option<Plane<F>>],
    ) {
        match &task.plan.nodes[i].kind {
            Kind::AveragePool(pool, input) => {
                let windows = windows(pool);
                self.by_input(task, *input, values, gradients, |by_x, row, n| {
                    AverageBackward { windows, by_y: image(g, n), by_x, row }.run();
                });
            }
            Kind::MaxPool(pool, input) => {
                let windows = windows(pool);
                let value = Source { node: i, activated: false };
                self.by_input(task, *input, values, gradients, |by_x, pixels, n| {
                    let [x, y] = [*input, value].map(|source| image(values.get(source), n));
                    MaxBackward { windows, x, y, by_y: image(g, n), by_x, pixels }.run();
                });
            }
            Kind::Flatten(input) => {
                let channels = task.shape(input.node).channels;
                self.by_input(task, *input, values, gradients, |by_x, row, n| {
                    Unflatten { by_y: image(g, n), by_x, channels, row }.run();
                });
            }
            Kind::Crop(corner, input) => self.by_input(task, *input, values, gradients, |by_x, _, n| {
                Uncrop { by_y: image(g, n), by_x, corner: *corner }.run();
            }),
            Kind::Product(inputs) => {
                for (input, other) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
                    let other = values.get(other);
                    self.by_input_of(task, input, g.layout().row_len(), values, gradients, |by_x, row, n| {
                        ProductBackward { by_y: image(g, n), other: image(other, n), by_x, row }.run();
                    });
                }
            }
            Kind::GlobalAverage(input) => self.by_input(task, *input, values, gradients, |by_x, row, n| {
                GlobalBackward { by_y: image(g, n), by_x, row }.run();
            }),
            _ => {
                for part in task.channels_of(i) {
                    self.by_input(task, part.input, values, gradients, |by_x, row, n| {
                        ReturnChannels { by_y: image(g, n), by_x, part, row }.run();
                    });
                }
            }
        }
    }

    /// Adds to an input's gradient image by image: `step` receives the image of the gradient with the gate that it passes
    /// through, a scratch of at least a row and two pixels of it, and the image's number.
    pub(super) fn by_input(
        &mut self,
        task: &Task<'_>,
        input: Source,
        values: &NodeValues<F>,
        gradients: &mut [Option<Plane<F>>],
        step: impl Fn(Gradient<'_, F>, &mut [F], usize) + Sync,
    ) {
        self.by_input_of(task, input, 0, values, gradients, step);
    }

    /// Like `by_input`, with a scratch that also has at least `room` numbers.
    fn by_input_of(
        &mut self,
        task: &Task<'_>,
        input: Source,
        room: usize,
        values: &NodeValues<F>,
        gradients: &mut [Option<Plane<F>>],
        step: impl Fn(Gradient<'_, F>, &mut [F], usize) + Sync,
    ) {
        if !task.uses[input.node].reached {
            return;
        }
        let by_x = &mut gradients[task.slot(input)];
        let by_x = by_x.get_or_insert_with(|| {
            let mut plane = self.buffers.take(self.gradient_layout(task, input.node));
            plane.all_mut().fill(F::default());
            plane
        });
        let layout = by_x.layout();
        let gate = task.gates(input).then(|| values.get(input));
        let mut rows = self.rows(layout.row_len().max(2 * layout.channels).max(room));
        each(&mut rows, images_mut(by_x).enumerate(), |row, (n, numbers)| {
            let by_x = Gradient { to: ImageMut { numbers, layout }, gate: gate.map(|gate| image(gate, n)) };
            step(by_x, row.all_mut(), n);
        });
        rows.into_iter().for_each(|row| self.buffers.give(row));
    }
}

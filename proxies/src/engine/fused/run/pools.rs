//! Pools and rearranged channels of a run, forward and backward. But for the forward step of max pools all of it is linear,
//! and so serves values and gradients as well as their tangents.

use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Kind, Source};
use super::super::pool::{
    AverageBackward, AverageForward, CopyChannels, GlobalBackward, GlobalForward, Gradient, ImageMut, MaxBackward,
    ReturnChannels, Windows,
};
use super::cuts::images_mut;
use super::parallel::each;
use super::{Memory, NodeValues, Task, image};

impl<F: Float> Memory<F> {
    /// A plane made image by image: `step` gets the image to write, a scratch of `row` numbers, and the image's number.
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

    /// What an average pool or a rearrangement of channels makes of `values`; `None` if there are none of its inputs.
    pub(super) fn linear_forward(&mut self, task: &Task<'_>, i: usize, values: &NodeValues<F>) -> Option<Plane<F>> {
        let layout = task.layout(Source { node: i, rectified: false });
        match &task.plan.nodes[i].kind {
            Kind::AveragePool(pool, input) => {
                let windows = Windows::from(pool);
                let x = values.find(*input)?;
                Some(self.by_image(layout, x.layout().row_len(), |y, row, n| {
                    AverageForward { windows, x: image(x, n), y, row }.run();
                }))
            }
            Kind::GlobalAverage(input) => {
                let x = values.find(*input)?;
                Some(self.by_image(layout, 0, |y, _, n| GlobalForward { x: image(x, n), y }.run()))
            }
            kind => self.copy_channels(layout, task.channels_of(i, &kind.sources()), values),
        }
    }

    /// The inputs' channels one after another.
    fn copy_channels(
        &mut self,
        layout: Layout,
        parts: Vec<(Source, usize, usize)>,
        values: &NodeValues<F>,
    ) -> Option<Plane<F>> {
        let all = parts.len();
        let found = parts.into_iter().filter_map(|(input, first, count)| Some((values.find(input)?, first, count)));
        let parts: Vec<_> = found.collect();
        let (_, first, count) = *parts.last()?;
        let full = parts.len() == all && first + count == layout.channels;
        Some(self.by_image(layout, 0, |ImageMut { numbers, layout }, _, n| {
            if !full {
                numbers.fill(F::default());
            }
            for &(x, first, count) in &parts {
                let y = ImageMut { numbers: &mut *numbers, layout };
                CopyChannels { x: image(x, n), y, first, count }.run();
            }
        }))
    }

    /// Hands the gradient `g` of a pool or a rearrangement of channels on to `gradients`.
    pub(super) fn linear_backward(
        &mut self,
        task: &Task<'_>,
        i: usize,
        values: &NodeValues<F>,
        g: &Plane<F>,
        gradients: &mut [Option<Plane<F>>],
    ) {
        match &task.plan.nodes[i].kind {
            Kind::AveragePool(pool, input) => {
                let windows = Windows::from(pool);
                self.by_input(task, *input, values, gradients, |by_x, row, n| {
                    AverageBackward { windows, by_y: image(g, n), by_x, row }.run();
                });
            }
            Kind::MaxPool(pool, input) => {
                let windows = Windows::from(pool);
                let value = Source { node: i, rectified: false };
                self.by_input(task, *input, values, gradients, |by_x, pixels, n| {
                    let [x, y] = [*input, value].map(|source| image(values.get(source), n));
                    MaxBackward { windows, x, y, by_y: image(g, n), by_x, pixels }.run();
                });
            }
            Kind::GlobalAverage(input) => self.by_input(task, *input, values, gradients, |by_x, row, n| {
                GlobalBackward { by_y: image(g, n), by_x, row }.run();
            }),
            kind => {
                for (input, first, count) in task.channels_of(i, &kind.sources()) {
                    self.by_input(task, input, values, gradients, |by_x, _, n| {
                        ReturnChannels { by_y: image(g, n), by_x, first, count }.run();
                    });
                }
            }
        }
    }

    /// Adds to an input's gradient image by image: `step` gets the image of the gradient with the gate it goes through, a
    /// scratch of at least a row and two pixels of it, and the image's number.
    fn by_input(
        &mut self,
        task: &Task<'_>,
        input: Source,
        values: &NodeValues<F>,
        gradients: &mut [Option<Plane<F>>],
        step: impl Fn(Gradient<'_, F>, &mut [F], usize) + Sync,
    ) {
        if !task.uses[input.node].reached {
            return;
        }
        let by_x = &mut gradients[input.node];
        let by_x = by_x.get_or_insert_with(|| {
            let mut plane = self.buffers.take(task.gradient_layout(input.node));
            plane.all_mut().fill(F::default());
            plane
        });
        let layout = by_x.layout();
        let gate = (input.rectified && task.plan.fused).then(|| values.get(input));
        let mut rows = self.rows(layout.row_len().max(2 * layout.channels));
        each(&mut rows, images_mut(by_x).enumerate(), |row, (n, numbers)| {
            let by_x = Gradient { to: ImageMut { numbers, layout }, gate: gate.map(|gate| image(gate, n)) };
            step(by_x, row.all_mut(), n);
        });
        rows.into_iter().for_each(|row| self.buffers.give(row));
    }
}

impl Task<'_> {
    /// Where in a node's channels those of its inputs go: the first of them, and how many.
    fn channels_of(&self, i: usize, inputs: &[Source]) -> Vec<(Source, usize, usize)> {
        let nodes = &self.plan.nodes;
        let mut next = 0;
        let part = |&input: &Source| {
            let first = next;
            let count = nodes[input.node].shape.channels.min(nodes[i].shape.channels - first);
            next += count;
            (input, first, count)
        };
        inputs.iter().map(part).collect()
    }
}

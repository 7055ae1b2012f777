//! Pools and rearranged channels of a run, forward and backward.

use super::super::arguments::{self, CopyChannels};
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel};
use super::Run;
use crate::Result;
use crate::engine::plan::{Kind, Source};

/// A window that slides, or none for all pixels at once.
type Window = Option<[usize; 3]>;

impl Run<'_, '_> {
    pub(super) fn linear_forward(&mut self, i: usize) -> Result<()> {
        let y = self.numbers(self.task.len(i))?;
        self.raw[i] = Some(y);
        match self.task.plan.nodes[i].kind.clone() {
            Kind::AveragePool(pool, input) => {
                self.pool_forward(Kernel::AveragePool, i, input, Some([pool.kernel, pool.stride, pool.padding]), y);
            }
            Kind::MaxPool(pool, input) => {
                self.pool_forward(Kernel::MaxPool, i, input, Some([pool.kernel, pool.stride, pool.padding]), y);
            }
            Kind::GlobalAverage(input) => self.pool_forward(Kernel::GlobalAverage, i, input, None, y),
            kind => {
                let channels = self.task.shape(i).channels;
                for (input, first, count) in self.channels_of(i, &kind.sources()) {
                    let arguments = CopyChannels {
                        from: self.value(input).address,
                        to: y.address,
                        from_channels: self.task.shape(input.node).channels as i32,
                        to_channels: channels as i32,
                        to_first: first as i32,
                        count: count as i32,
                        ..CopyChannels::default()
                    };
                    self.copy_channels(i, channels, arguments);
                }
            }
        }
        Ok(())
    }

    /// Hands the gradient `g` by node `i`'s value on to what it reads.
    pub(super) fn linear_backward(&mut self, i: usize, g: Buffer) -> Result<()> {
        match self.task.plan.nodes[i].kind.clone() {
            Kind::AveragePool(pool, input) => {
                let window = Some([pool.kernel, pool.stride, pool.padding]);
                self.pool_backward(Kernel::AveragePoolBackward, i, input, window, g)?;
            }
            Kind::MaxPool(pool, input) => {
                let window = Some([pool.kernel, pool.stride, pool.padding]);
                self.pool_backward(Kernel::MaxPoolBackward, i, input, window, g)?;
            }
            Kind::GlobalAverage(input) => self.pool_backward(Kernel::GlobalAverageBackward, i, input, None, g)?,
            kind => {
                for (input, first, count) in self.channels_of(i, &kind.sources()) {
                    if !self.reached(input.node) {
                        continue;
                    }
                    let channels = self.task.shape(input.node).channels;
                    let (to, add) = self.gradient_of(input.node)?;
                    let arguments = CopyChannels {
                        from: g.address,
                        gate: self.gate(input),
                        to: to.address,
                        from_channels: self.task.shape(i).channels as i32,
                        from_first: first as i32,
                        to_channels: channels as i32,
                        count: count as i32,
                        add: add.into(),
                        fill: (!add).into(),
                        ..CopyChannels::default()
                    };
                    self.copy_channels(i, channels, arguments);
                }
            }
        }
        Ok(())
    }

    /// A pool's sizes, for node `i` that reads `input`.
    fn pool(&self, i: usize, input: Source, window: Window) -> arguments::Pool {
        let (from, to) = (self.task.shape(input.node), self.task.shape(i));
        let [kernel, stride, padding] = window.unwrap_or_default();
        arguments::Pool {
            planes: (self.task.images() * to.channels) as i32,
            height: from.height as i32,
            width: from.width as i32,
            out_height: to.height as i32,
            out_width: to.width as i32,
            kernel: kernel as i32,
            stride: stride as i32,
            padding: padding as i32,
            ..arguments::Pool::default()
        }
    }

    fn pool_forward(&mut self, kernel: Kernel, i: usize, input: Source, window: Window, y: Buffer) {
        let arguments = arguments::Pool { x: self.value(input).address, y: y.address, ..self.pool(i, input, window) };
        self.launch(kernel, [self.task.len(i).div_ceil(BLOCK as usize), 1], &arguments);
    }

    fn pool_backward(&mut self, kernel: Kernel, i: usize, input: Source, window: Window, g: Buffer) -> Result<()> {
        if !self.reached(input.node) {
            return Ok(());
        }
        let (to, add) = self.gradient_of(input.node)?;
        // Only a max pool has to look at its input again.
        let x = if kernel == Kernel::MaxPoolBackward { self.value(input).address } else { 0 };
        let arguments = arguments::Pool {
            x,
            by_y: g.address,
            gate: self.gate(input),
            y: to.address,
            add: add.into(),
            ..self.pool(i, input, window)
        };
        self.launch(kernel, [self.task.len(input.node).div_ceil(BLOCK as usize), 1], &arguments);
        Ok(())
    }

    /// Launches a copy to a value of so many channels, of the area of node `i`.
    fn copy_channels(&mut self, i: usize, channels: usize, arguments: CopyChannels) {
        let (images, area) = (self.task.images(), self.task.shape(i).area());
        let arguments = CopyChannels { images: images as i32, area: area as i32, ..arguments };
        self.launch(Kernel::CopyChannels, [(images * channels * area).div_ceil(BLOCK as usize), 1], &arguments);
    }

    /// Where in a node's channels those of its inputs go: the first of them, and how many.
    fn channels_of(&self, i: usize, inputs: &[Source]) -> Vec<(Source, usize, usize)> {
        let all = self.task.shape(i).channels;
        let mut next = 0;
        let part = |&input: &Source| {
            let first = next;
            let count = self.task.shape(input.node).channels.min(all - first);
            next += count;
            (input, first, count)
        };
        inputs.iter().map(part).collect()
    }
}

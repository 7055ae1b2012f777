//! Pools and rearranged channels of a run, forward and backward.

use super::super::arguments::{self, CopyChannels};
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel};
use super::{Gpu, Walk, gate, len, value};
use crate::Result;
use crate::engine::walk::plan::{Kind, Pool, Source};
use crate::engine::walk::{Channels, Task};

/// Windows that slide, or none for all pixels at once.
type Windows = Option<Pool>;

/// A pool's sizes, for node `i` that reads `input`.
fn pool(task: &Task<'_>, i: usize, input: Source, windows: Windows) -> arguments::Pool {
    let (from, to) = (task.shape(input.node), task.shape(i));
    let sizes = arguments::Pool {
        planes: (task.images() * to.channels) as i32,
        height: from.height as i32,
        width: from.width as i32,
        out_height: to.height as i32,
        out_width: to.width as i32,
        ..arguments::Pool::default()
    };
    let Some(Pool { windows: [down, across], padding_counts, .. }) = windows else { return sizes };
    arguments::Pool {
        kernel_height: down.kernel as i32,
        kernel_width: across.kernel as i32,
        stride_down: down.stride as i32,
        stride_across: across.stride as i32,
        padding_top: down.padding[0] as i32,
        padding_left: across.padding[0] as i32,
        padding_bottom: down.padding[1] as i32,
        padding_right: across.padding[1] as i32,
        padding_counts: padding_counts.into(),
        ..sizes
    }
}

/// The product of a value of node `i`'s shape with another, which may be a vector.
fn product(walk: &Walk<'_, '_, '_>, i: usize, a: u64, b: Source) -> arguments::Product {
    let shape = walk.task.shape(i);
    arguments::Product {
        a,
        b: value(walk, b),
        planes: (walk.task.images() * shape.channels) as i32,
        area: shape.area() as i32,
        vector: (walk.task.shape(b.node).area() < shape.area()).into(),
        ..arguments::Product::default()
    }
}

impl<'a> Gpu<'a> {
    pub(super) fn rearrange_forward(&mut self, walk: &Walk<'_, '_, 'a>, i: usize) -> Result<Buffer> {
        let y = self.numbers(len(&walk.task, i))?;
        match walk.task.plan.nodes[i].kind {
            Kind::AveragePool(pool, input) => {
                self.pool_forward(walk, Kernel::AveragePool, i, input, Some(pool), y);
            }
            Kind::MaxPool(pool, input) => {
                self.pool_forward(walk, Kernel::MaxPool, i, input, Some(pool), y);
            }
            Kind::Product([a, b]) => {
                // The vector, if there is one, comes second.
                let (a, b) =
                    if walk.task.shape(a.node).area() < walk.task.shape(b.node).area() { (b, a) } else { (a, b) };
                let arguments = arguments::Product { to: y.address, ..product(walk, i, value(walk, a), b) };
                self.launch(Kernel::Product, [len(&walk.task, i).div_ceil(BLOCK as usize), 1], &arguments);
            }
            Kind::Flatten(input) => {
                let length = walk.task.shape(i).channels;
                let (from, count) = (value(walk, input), length as i32);
                let arguments = CopyChannels {
                    from,
                    to: y.address,
                    from_channels: count,
                    to_channels: count,
                    count,
                    ..CopyChannels::default()
                };
                self.copy_channels(&walk.task, i, length, arguments);
            }
            Kind::GlobalAverage(input) => self.pool_forward(walk, Kernel::GlobalAverage, i, input, None, y),
            Kind::Crop(corner, input) => self.crop_forward(walk, i, corner, input, y),
            Kind::LayerNorm(layer, input) => self.layer_norm_forward(walk, layer, input, y),
            _ => {
                let channels = walk.task.shape(i).channels;
                for Channels { input, from, to, step, count } in walk.task.channels_of(i) {
                    let arguments = CopyChannels {
                        from: value(walk, input),
                        to: y.address,
                        from_channels: walk.task.shape(input.node).channels as i32,
                        from_first: from as i32,
                        to_channels: channels as i32,
                        to_first: to as i32,
                        to_between: step as i32 - 1,
                        count: count as i32,
                        ..CopyChannels::default()
                    };
                    self.copy_channels(&walk.task, i, channels, arguments);
                }
            }
        }
        Ok(y)
    }

    /// Passes the gradient `g` with respect to node `i`'s value on to what the node reads.
    pub(super) fn rearranged_backward(&mut self, walk: &mut Walk<'_, '_, 'a>, i: usize, g: Buffer) -> Result<()> {
        match walk.task.plan.nodes[i].kind {
            Kind::AveragePool(pool, input) => {
                let windows = Some(pool);
                self.pool_backward(walk, Kernel::AveragePoolBackward, i, input, windows, g)?;
            }
            Kind::MaxPool(pool, input) => {
                let windows = Some(pool);
                self.pool_backward(walk, Kernel::MaxPoolBackward, i, input, windows, g)?;
            }
            Kind::Product([a, b]) => {
                for (input, other) in [(a, b), (b, a)] {
                    self.product_backward(walk, i, input, other, g)?;
                }
            }
            Kind::Flatten(input) if walk.reached(input.node) => {
                let length = walk.task.shape(i).channels;
                let (to, add) = self.gradient_of(walk, input)?;
                let count = length as i32;
                let arguments = CopyChannels {
                    from: g.address,
                    gate: gate(walk, input),
                    to: to.address,
                    from_channels: count,
                    to_channels: count,
                    count,
                    add: add.into(),
                    ..CopyChannels::default()
                };
                self.copy_channels(&walk.task, i, length, arguments);
            }
            Kind::Flatten(_) => {}
            Kind::GlobalAverage(input) => self.pool_backward(walk, Kernel::GlobalAverageBackward, i, input, None, g)?,
            Kind::Crop(corner, input) => self.crop_backward(walk, i, corner, input, g)?,
            Kind::LayerNorm(layer, input) => self.layer_norm_backward(walk, layer, input, g)?,
            _ => {
                for Channels { input, from, to: first, step, count } in walk.task.channels_of(i) {
                    if !walk.reached(input.node) {
                        continue;
                    }
                    let channels = walk.task.shape(input.node).channels;
                    let (to, add) = self.gradient_of(walk, input)?;
                    let arguments = CopyChannels {
                        from: g.address,
                        gate: gate(walk, input),
                        to: to.address,
                        from_channels: walk.task.shape(i).channels as i32,
                        from_first: first as i32,
                        from_between: step as i32 - 1,
                        to_channels: channels as i32,
                        to_first: from as i32,
                        count: count as i32,
                        add: add.into(),
                        fill: (!add).into(),
                        ..CopyChannels::default()
                    };
                    self.copy_channels(&walk.task, i, channels, arguments);
                }
            }
        }
        Ok(())
    }

    fn pool_forward(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        kernel: Kernel,
        i: usize,
        input: Source,
        windows: Windows,
        y: Buffer,
    ) {
        let arguments = arguments::Pool { x: value(walk, input), y: y.address, ..pool(&walk.task, i, input, windows) };
        self.launch(kernel, [len(&walk.task, i).div_ceil(BLOCK as usize), 1], &arguments);
    }

    fn pool_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        kernel: Kernel,
        i: usize,
        input: Source,
        windows: Windows,
        g: Buffer,
    ) -> Result<()> {
        if !walk.reached(input.node) {
            return Ok(());
        }
        let (to, add) = self.gradient_of(walk, input)?;
        // Only a max pool has to look at its input again.
        let x = if kernel == Kernel::MaxPoolBackward { value(walk, input) } else { 0 };
        let arguments = arguments::Pool {
            x,
            by_y: g.address,
            gate: gate(walk, input),
            y: to.address,
            add: add.into(),
            ..pool(&walk.task, i, input, windows)
        };
        self.launch(kernel, [len(&walk.task, input.node).div_ceil(BLOCK as usize), 1], &arguments);
        Ok(())
    }

    fn product_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        i: usize,
        input: Source,
        other: Source,
        g: Buffer,
    ) -> Result<()> {
        if !walk.reached(input.node) {
            return Ok(());
        }
        let (to, add) = self.gradient_of(walk, input)?;
        let arguments = arguments::Product {
            gate: gate(walk, input),
            to: to.address,
            add: add.into(),
            ..product(walk, i, g.address, other)
        };
        let (kernel, blocks) = if walk.task.shape(input.node).area() < walk.task.shape(i).area() {
            (Kernel::ProductSums, arguments.planes as usize)
        } else {
            (Kernel::Product, len(&walk.task, i).div_ceil(BLOCK as usize))
        };
        self.launch(kernel, [blocks, 1], &arguments);
        Ok(())
    }

    /// Launches a copy to a value with this many channels and the area of node `i`.
    fn copy_channels(&mut self, task: &Task<'_>, i: usize, channels: usize, arguments: CopyChannels) {
        let (images, area) = (task.images(), task.shape(i).area());
        let arguments = CopyChannels { images: images as i32, area: area as i32, ..arguments };
        self.launch(Kernel::CopyChannels, [(images * channels * area).div_ceil(BLOCK as usize), 1], &arguments);
    }
}

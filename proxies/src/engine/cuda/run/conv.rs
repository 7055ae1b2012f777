//! Convolutions of a run, forward and backward. A linear layer is a convolution of a single pixel.

use super::super::arguments::{self, ChannelSums, NormBackward, PlaneProducts, SumParts, WeightGradient};
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel};
use super::super::tuning::Tuning;
use super::norm::Sums;
use super::notes::Note;
use super::{Gpu, Walk, gate, len, value};
use crate::Result;
use crate::engine::walk::plan::Source;
use crate::engine::walk::{Convolution, Task};
use crate::network::{Conv, LayerId, Shape};

/// The kernel for this many output channels, how many of them a block computes, and for how many pixels.
fn tile(channels: usize, tuning: &Tuning) -> (Kernel, usize, usize) {
    let (kernel, of_block) = match channels {
        0..=16 => (Kernel::Conv16, 16),
        17..=32 => (Kernel::Conv32, 32),
        _ => (Kernel::Conv64, 64),
    };
    // On tensor cores a thread always has 32 sums.
    let of_thread = if tuning.tensor_cores == 0 { tuning.pixels * tuning.channels } else { 32 };
    (kernel, of_block, (BLOCK * of_thread) as usize / of_block)
}

/// Pixels that a block of the kernel for grouped convolutions computes.
const GROUPED_PIXELS: usize = 4 * BLOCK as usize;

/// The number of parts of a sum over images, so that with `blocks` blocks per part there are about `wanted`. It depends on nothing else.
pub(super) fn parts(images: usize, blocks: usize, wanted: usize) -> usize {
    let parts = (wanted / blocks.max(1)).clamp(1, images);
    images.div_ceil(images.div_ceil(parts))
}

/// Arguments of a convolution without the addresses.
fn sides(task: &Task<'_>, conv: Conv, from: Shape, to: Shape) -> arguments::Conv {
    arguments::Conv {
        images: task.images() as i32,
        in_channels: from.channels as i32,
        in_height: from.height as i32,
        in_width: from.width as i32,
        out_channels: to.channels as i32,
        out_height: to.height as i32,
        out_width: to.width as i32,
        kernel_height: conv.kernel.height as i32,
        kernel_width: conv.kernel.width as i32,
        stride_down: conv.stride.height as i32,
        stride_across: conv.stride.width as i32,
        padding_top: conv.padding.top as i32,
        padding_left: conv.padding.left as i32,
        dilation_down: conv.dilation.height as i32,
        dilation_across: conv.dilation.width as i32,
        groups: conv.groups as i32,
        ..arguments::Conv::default()
    }
}

impl<'a> Gpu<'a> {
    pub(super) fn conv_forward(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        i: usize,
        Convolution { conv, input, layer }: Convolution,
    ) -> Result<Buffer> {
        let task = &walk.task;
        let (to, from) = (task.shape(i), task.shape(input.node));
        let y = self.numbers(len(task, i))?;
        let pixels = if conv.groups > 1 { GROUPED_PIXELS } else { tile(to.channels, &self.tuning()).2 };
        let parts = (task.images() * to.area()).div_ceil(pixels);
        let sums = match task.uses[i].normalised {
            true => Some(Sums { buffer: self.memory.take(parts * 2 * to.channels * 8)?, parts }),
            false => None,
        };
        let arguments = arguments::Conv {
            x: value(walk, input),
            w: self.parameter(task, layer, 0),
            bias: if conv.bias { self.parameter(task, layer, 1) } else { 0 },
            y: y.address,
            sums: sums.map_or(0, |sums| sums.buffer.address),
            weight_out: (from.channels / conv.groups * conv.kernel.area()) as i32,
            weight_in: conv.kernel.area() as i32,
            ..sides(task, conv, from, to)
        };
        self.launch_conv(&arguments);
        self.sums[i] = sums;
        Ok(y)
    }

    fn launch_conv(&mut self, arguments: &arguments::Conv) {
        let channels = arguments.out_channels as usize;
        let (kernel, of_block, pixels) = match arguments.groups {
            1 => tile(channels, &self.tuning()),
            _ => (Kernel::ConvGrouped, 1, GROUPED_PIXELS),
        };
        let count = arguments.images as usize * (arguments.out_height * arguments.out_width) as usize;
        self.launch(kernel, [count.div_ceil(pixels), channels.div_ceil(of_block)], arguments);
    }

    /// Passes the gradient `g` with respect to a convolution's output on to its weight and its input.
    pub(super) fn conv_backward(&mut self, walk: &mut Walk<'_, '_, 'a>, i: usize, g: Buffer) -> Result<()> {
        let Some(step) = walk.task.convolution(i) else { return Ok(()) };
        let Convolution { conv, input, layer } = step;
        if walk.audience.seen.saliencies && walk.task.is_salient(layer) {
            self.note_saliency(walk, i, layer, g)?;
        }
        if walk.audience.seen.weight_gradients {
            self.weight_gradient(walk, i, step, g)?;
            if conv.bias {
                self.bias_gradient(walk, i, layer, g)?;
            }
        }
        if walk.reached(input.node) {
            let (from, to) = (walk.task.shape(i), walk.task.shape(input.node));
            let (by_x, add) = self.gradient_of(walk, input)?;
            let arguments = arguments::Conv {
                x: g.address,
                w: self.parameter(&walk.task, layer, 0),
                gate: gate(walk, input),
                y: by_x.address,
                transposed: 1,
                weight_out: conv.kernel.area() as i32,
                weight_in: (to.channels / conv.groups * conv.kernel.area()) as i32,
                add: add.into(),
                ..sides(&walk.task, conv, from, to)
            };
            self.launch_conv(&arguments);
        }
        Ok(())
    }

    fn weight_gradient(&mut self, walk: &Walk<'_, '_, 'a>, i: usize, step: Convolution, g: Buffer) -> Result<()> {
        let Convolution { conv, input, layer, .. } = step;
        let (to, from) = (walk.task.shape(i), walk.task.shape(input.node));
        let places = from.channels / conv.groups * conv.kernel.area();
        // A block computes one number of a grouped weight; of other weights, 32 channels of 64 places, or 16 channels of 144 places (160
        // on tensor cores). The number of parts does not depend on which of these two.
        let of_narrow = if self.tuning().tensor_cores == 0 { 144 } else { 160 };
        let (kernel, across, down, blocks) = match (conv.groups, to.channels) {
            (1, 0..=16) => (Kernel::WeightGradient16, places.div_ceil(of_narrow), 1, places.div_ceil(64)),
            (1, channels) => {
                let (across, down) = (places.div_ceil(64), channels.div_ceil(32));
                (Kernel::WeightGradient32, across, down, across * down)
            }
            (_, channels) => (Kernel::WeightGradientGrouped, channels * places, 1, channels * places),
        };
        let parts = parts(walk.task.images(), blocks, self.tuning().gradient_blocks as usize);
        let length = to.channels * places;
        let partial = self.numbers(parts * length)?;
        let arguments::Conv {
            images,
            in_channels,
            in_height,
            in_width,
            out_channels,
            out_height,
            out_width,
            kernel_height,
            kernel_width,
            stride_down,
            stride_across,
            padding_top,
            padding_left,
            dilation_down,
            dilation_across,
            groups,
            ..
        } = sides(&walk.task, conv, from, to);
        let arguments = WeightGradient {
            g: g.address,
            x: value(walk, input),
            partial: partial.address,
            parts: parts as i32,
            images,
            in_channels,
            in_height,
            in_width,
            out_channels,
            out_height,
            out_width,
            kernel_height,
            kernel_width,
            stride_down,
            stride_across,
            padding_top,
            padding_left,
            dilation_down,
            dilation_across,
            groups,
        };
        self.launch(kernel, [across, down * parts], &arguments);
        let total = self.by_parameter(walk, layer, 0)?;
        let arguments = SumParts { partial: partial.address, total, parts: parts as i32, length: length as i32 };
        self.launch(Kernel::SumParts, [length.div_ceil(BLOCK as usize), 1], &arguments);
        self.memory.give(partial);
        Ok(())
    }

    fn bias_gradient(&mut self, walk: &Walk<'_, '_, 'a>, i: usize, layer: LayerId, g: Buffer) -> Result<()> {
        let sums = self.channel_sums(&walk.task, g.address, g.address, walk.task.shape(i))?;
        let by_shift = self.by_parameter(walk, layer, 1)?;
        let channels = walk.task.shape(i).channels;
        let arguments = NormBackward {
            sums: sums.buffer.address,
            by_shift,
            parts: sums.parts as i32,
            channels: channels as i32,
            ..NormBackward::default()
        };
        self.launch(Kernel::NormBackward, [channels, 1], &arguments);
        self.memory.give(sums.buffer);
        Ok(())
    }

    /// The sums of g and of g * x over the batch, for each channel.
    pub(super) fn channel_sums(&mut self, task: &Task<'_>, g: u64, x: u64, shape: Shape) -> Result<Sums> {
        let images = task.images();
        let parts = parts(images, shape.channels, 512);
        let buffer = self.memory.take(parts * 2 * shape.channels * 8)?;
        let arguments = ChannelSums {
            g,
            x,
            sums: buffer.address,
            images: images as i32,
            channels: shape.channels as i32,
            area: shape.area() as i32,
            parts: parts as i32,
        };
        self.launch(Kernel::ChannelSums, [shape.channels, parts], &arguments);
        Ok(Sums { buffer, parts })
    }

    fn note_saliency(&mut self, walk: &Walk<'_, '_, 'a>, i: usize, layer: LayerId, g: Buffer) -> Result<()> {
        let shape = walk.task.shape(i);
        let planes = walk.task.images() * shape.channels;
        let sums = self.memory.take(planes * 8)?;
        let value = value(walk, Source { node: i, activated: false });
        let arguments = PlaneProducts { value, gradient: g.address, sums: sums.address, area: shape.area() as i32 };
        self.launch(Kernel::PlaneProducts, [planes, 1], &arguments);
        self.notes.push(Note::Saliency { layer, sums, planes });
        Ok(())
    }
}

//! Convolutions of a run, forward and backward. A linear layer is one of a single pixel with a bias.

use super::super::arguments::{self, ChannelSums, NormBackward, PlaneProducts, SumParts, WeightGradient};
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel};
use super::Run;
use super::norm::Sums;
use super::show::Note;
use crate::Result;
use crate::engine::plain::Conv;
use crate::engine::plan::{Kind, Source};
use crate::network::{LayerId, Shape};

/// The kernel for so many output channels, how many of them a block computes, and of how many pixels.
fn tile(channels: usize) -> (Kernel, usize, usize) {
    match channels {
        0..=16 => (Kernel::Conv16, 16, 256),
        17..=32 => (Kernel::Conv32, 32, 128),
        _ => (Kernel::Conv64, 64, 64),
    }
}

/// In how many parts a sum over images is made, so that `blocks` blocks a part come to about `wanted`. It depends on nothing else.
pub(super) fn parts(images: usize, blocks: usize, wanted: usize) -> usize {
    let parts = (wanted / blocks.max(1)).clamp(1, images);
    images.div_ceil(images.div_ceil(parts))
}

impl Run<'_, '_> {
    pub(super) fn conv_forward(
        &mut self,
        i: usize,
        conv: Conv,
        input: Source,
        layer: LayerId,
        bias: bool,
    ) -> Result<()> {
        let (to, from) = (self.task.shape(i), self.task.shape(input.node));
        let y = self.numbers(self.task.len(i))?;
        let (_, _, pixels) = tile(to.channels);
        let parts = (self.task.images() * to.area()).div_ceil(pixels);
        let sums = match self.task.uses[i].normalised {
            true => Some(Sums { buffer: self.memory.take(parts * 2 * to.channels * 8)?, parts }),
            false => None,
        };
        let arguments = arguments::Conv {
            x: self.value(input).address,
            w: self.parameter(layer, 0),
            bias: if bias { self.parameter(layer, 1) } else { 0 },
            y: y.address,
            sums: sums.map_or(0, |sums| sums.buffer.address),
            weight_out: (from.channels * conv.kernel * conv.kernel) as i32,
            weight_in: (conv.kernel * conv.kernel) as i32,
            ..self.sides(conv, from, to)
        };
        self.convolve(&arguments);
        self.raw[i] = Some(y);
        self.sums[i] = sums;
        Ok(())
    }

    /// Arguments of a convolution without its memory.
    fn sides(&self, conv: Conv, from: Shape, to: Shape) -> arguments::Conv {
        arguments::Conv {
            images: self.task.images() as i32,
            in_channels: from.channels as i32,
            in_height: from.height as i32,
            in_width: from.width as i32,
            out_channels: to.channels as i32,
            out_height: to.height as i32,
            out_width: to.width as i32,
            kernel: conv.kernel as i32,
            stride: conv.stride as i32,
            padding: conv.padding as i32,
            ..arguments::Conv::default()
        }
    }

    fn convolve(&mut self, arguments: &arguments::Conv) {
        let channels = arguments.out_channels as usize;
        let (kernel, of_block, pixels) = tile(channels);
        let count = self.task.images() * (arguments.out_height * arguments.out_width) as usize;
        self.launch(kernel, [count.div_ceil(pixels), channels.div_ceil(of_block)], arguments);
    }

    /// Takes the gradient `g` by a convolution's output back to its weight and its input.
    pub(super) fn conv_backward(&mut self, i: usize, g: Buffer) -> Result<()> {
        let Kind::Conv { conv, input, layer, bias } = self.task.plan.nodes[i].kind else { return Ok(()) };
        if self.audience.seen.saliencies {
            self.note_saliency(i, layer, g)?;
        }
        if self.audience.seen.weight_gradients {
            self.weight_gradient(i, conv, input, layer, g)?;
            if bias {
                self.bias_gradient(i, layer, g)?;
            }
        }
        if self.reached(input.node) {
            let (from, to) = (self.task.shape(i), self.task.shape(input.node));
            let (by_x, add) = self.gradient_of(input.node)?;
            let arguments = arguments::Conv {
                x: g.address,
                w: self.parameter(layer, 0),
                gate: self.gate(input),
                y: by_x.address,
                transposed: 1,
                weight_out: (conv.kernel * conv.kernel) as i32,
                weight_in: (to.channels * conv.kernel * conv.kernel) as i32,
                add: add.into(),
                ..self.sides(conv, from, to)
            };
            self.convolve(&arguments);
        }
        Ok(())
    }

    fn weight_gradient(&mut self, i: usize, conv: Conv, input: Source, layer: LayerId, g: Buffer) -> Result<()> {
        let (to, from) = (self.task.shape(i), self.task.shape(input.node));
        let places = from.channels * conv.kernel * conv.kernel;
        let (across, down) = (places.div_ceil(64), to.channels.div_ceil(32));
        let parts = parts(self.task.images(), across * down, 256);
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
            kernel,
            stride,
            padding,
            ..
        } = self.sides(conv, from, to);
        let arguments = WeightGradient {
            g: g.address,
            x: self.value(input).address,
            partial: partial.address,
            parts: parts as i32,
            images,
            in_channels,
            in_height,
            in_width,
            out_channels,
            out_height,
            out_width,
            kernel,
            stride,
            padding,
        };
        self.launch(Kernel::WeightGradient, [across, down * parts], &arguments);
        let total = self.by_parameter(layer, 0)?;
        let arguments = SumParts { partial: partial.address, total, parts: parts as i32, length: length as i32 };
        self.launch(Kernel::SumParts, [length.div_ceil(BLOCK as usize), 1], &arguments);
        self.memory.give(partial);
        Ok(())
    }

    fn bias_gradient(&mut self, i: usize, layer: LayerId, g: Buffer) -> Result<()> {
        let sums = self.channel_sums(g, g, self.task.shape(i))?;
        let by_shift = self.by_parameter(layer, 1)?;
        let channels = self.task.shape(i).channels;
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
    pub(super) fn channel_sums(&mut self, g: Buffer, x: Buffer, shape: Shape) -> Result<Sums> {
        let images = self.task.images();
        let parts = parts(images, shape.channels, 512);
        let buffer = self.memory.take(parts * 2 * shape.channels * 8)?;
        let arguments = ChannelSums {
            g: g.address,
            x: x.address,
            sums: buffer.address,
            images: images as i32,
            channels: shape.channels as i32,
            area: shape.area() as i32,
            parts: parts as i32,
        };
        self.launch(Kernel::ChannelSums, [shape.channels, parts], &arguments);
        Ok(Sums { buffer, parts })
    }

    fn note_saliency(&mut self, i: usize, layer: LayerId, g: Buffer) -> Result<()> {
        let shape = self.task.shape(i);
        let planes = self.task.images() * shape.channels;
        let sums = self.memory.take(planes * 8)?;
        let value = self.value(Source { node: i, rectified: false });
        let arguments =
            PlaneProducts { value: value.address, gradient: g.address, sums: sums.address, area: shape.area() as i32 };
        self.launch(Kernel::PlaneProducts, [planes, 1], &arguments);
        self.notes.push(Note::Saliency { layer, sums, planes });
        Ok(())
    }
}

//! Convolutions: forward, input gradient and weight gradient, one chunk of images at a time.
//!
//! The kernels of this module are direct. Measured on one core of a Zen 4 that reaches 118 GFLOP/s on registers, in f32 at batch
//! 64 (`benches/kernels.rs`): 111-115 forward, 106-112 for the input gradient and 112-115 for the weight gradient of 3x3 kernels
//! on 16 to 64 channels; 82-103, 62-94 and 97-110 for 1x1 kernels; in f64 about 50 of 59. On a Zen 3 that reaches 100, 1x1 kernels on
//! 128 to 1,536 channels have 86-93, 68-86 and 78-86. Suitable layers go through Winograd's kernels instead (`tiled`).
//!
//! In grouped convolutions, as many groups are combined into one dense product ([`Block`]) as are needed to write whole vectors;
//! only depthwise convolutions, whose groups are single channels, have their own kernels ([`depthwise`]).

mod blocks;
mod depthwise;
mod input_gradient;
mod lines;
mod output;
mod pack;
mod phases;
mod sliding;
#[cfg(test)]
mod tests;
mod tiled;
mod weight_gradient;

use super::lanes::Float;
use super::layout::{Layout, Steps};
use crate::network::{Conv, Line};
use blocks::PANEL;
use depthwise::Taps;
use output::{Finish, Output, PartialSums};
use sliding::{Slide, Window};
use weight_gradient::Gather;

pub(super) use super::winograd::Sums;
pub(super) use tiled::Scratch;

/// A convolution between planes of known layouts. The layouts describe a chunk of images; their number of images is the chunk's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// Windows down the rows and across the columns.
    pub windows: [Line; 2],
    pub groups: usize,
    /// Input channels without padding.
    pub inputs: usize,
    /// Output channels without padding.
    pub outputs: usize,
    /// Layout of its input, with a border of at least its padding.
    pub x: Layout,
    /// Layout of its output.
    pub z: Layout,
    /// Whether Winograd's kernels may run it in f32, if it [suits](Layer::suits_winograd) them.
    pub winograd: bool,
}

/// A chunk of images as a kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a, F> {
    pub numbers: &'a [F],
    pub layout: Layout,
}

/// The input gradient of a chunk of images: dL/dx where `gate` (laid out as x) is positive, stored in `by_x` or added there. `by_z` has
/// a border of [`Layer::gradient_border`].
pub(super) struct InputGradient<'a, F> {
    pub by_z: Chunk<'a, F>,
    pub by_x: &'a mut [F],
    /// The layout of `by_x`.
    pub layout: Layout,
    pub gate: Option<Chunk<'a, F>>,
    pub add: bool,
}

impl<F> InputGradient<'_, F> {
    /// Number of images.
    pub fn images(&self) -> usize {
        self.by_x.len() / self.layout.image()
    }
}

/// Divides the images of a chunk into those that a layer of this many parts handles together, each as the first and how many.
/// Several parts take turns on every image, so that what they share is still in the cache.
fn together(images: usize, parts: usize) -> impl Iterator<Item = (usize, usize)> {
    let size = if parts > 1 { 1 } else { images.max(1) };
    (0..images).step_by(size).map(move |first| (first, size))
}

impl<'a, F: Float> Chunk<'a, F> {
    /// The chunk itself if its numbers are f32.
    fn single(self) -> Option<Chunk<'a, f32>> {
        Some(Chunk { numbers: F::single(self.numbers)?, layout: self.layout })
    }

    pub fn image(&self, n: usize) -> &'a [F] {
        let size = self.layout.image();
        &self.numbers[n * size..(n + 1) * size]
    }
}

impl Layer {
    /// Creates a convolution from a plane with `inputs` channels.
    pub fn new(conv: &Conv, inputs: usize, x: Layout, z: Layout) -> Self {
        let (windows, groups, outputs) = (conv.windows(), conv.groups, conv.channels);
        Layer { windows, groups, inputs, outputs, x, z, winograd: false }
    }

    /// Returns the border that it needs around its input.
    pub fn border(conv: &Conv) -> usize {
        conv.windows().iter().flat_map(|line| line.padding).max().unwrap_or(0)
    }

    /// Whether every channel is convolved separately.
    pub fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.inputs == self.groups && self.outputs == self.groups
    }

    /// Positions at which windows start in an image of `x`.
    fn reads(&self) -> Steps {
        let [down, across] = self.windows;
        let (row, column) = (self.x.row(), self.x.channels);
        let start = (self.x.border - down.padding[0]) * row + (self.x.border - across.padding[0]) * column;
        Steps { start, image: self.x.image(), row: row * down.stride, column: column * across.stride }
    }

    /// The window over a number of channels of `x`.
    fn window(&self, channels: usize) -> Window {
        let [down, across] = self.windows;
        let apart = channels != self.x.channels || across.dilation > 1;
        let (columns, run) = if apart { (across.kernel, channels) } else { (1, across.kernel * channels) };
        Window {
            rows: down.kernel,
            columns,
            run,
            down: self.x.row() * down.dilation,
            across: self.x.channels * across.dilation,
        }
    }

    fn taps(&self) -> Taps {
        let [down, across] = self.windows;
        Taps {
            rows: down.kernel,
            columns: across.kernel,
            down: self.x.row() * down.dilation,
            across: self.x.channels * across.dilation,
        }
    }

    /// Computes z = w * x + bias for the chunk's images, with weights from [`Layer::pack`] and as many biases as padded channels,
    /// and adds to the sums of z and its square for each channel. The sums of Winograd's kernels leave out the bias.
    pub fn forward<F: Float>(
        &self,
        x: Chunk<'_, F>,
        (weights, bias): (&[F], Option<&[F]>),
        z: &mut [F],
        sums: Option<Sums<'_>>,
        scratch: &mut Scratch,
    ) {
        if self.winograd {
            return self.tiled_forward(x, (weights, bias), z, sums, scratch);
        }
        let mut partial =
            sums.is_some().then(|| [vec![F::default(); self.z.channels], vec![F::default(); self.z.channels]]);
        let blocks = self.forward_blocks();
        let images = z.len() / self.z.image();
        for (first, images) in together(images, blocks.len()) {
            let mut weights = weights;
            for block in &blocks {
                let part;
                (part, weights) = weights.split_at(self.windows[0].kernel * self.windows[1].kernel * block.len());
                let reads = self.reads().beyond(first, block.reads.start);
                let sums = partial.as_mut().map(|[sum, squares]| PartialSums {
                    sum: &mut sum[block.writes.clone()],
                    squares: &mut squares[block.writes.clone()],
                });
                let output = Output {
                    images,
                    rows: self.z.height,
                    columns: self.z.width,
                    channels: block.writes.len(),
                    numbers: &mut *z,
                    writes: self.z.steps().beyond(first, block.writes.start),
                    finish: Finish::Store { bias: bias.map(|bias| &bias[block.writes.clone()]), sums },
                };
                let x = x.numbers;
                if self.is_depthwise() {
                    depthwise::convolve(depthwise::Product { taps: self.taps(), x, reads, weights: part, output });
                } else {
                    Slide { window: self.window(block.reads.len()), x, reads, weights: part, output }.run();
                }
            }
        }
        if let (Some(sums), Some([sum, squares])) = (sums, partial) {
            let totals = sums.values.iter_mut().chain(sums.squares);
            totals.zip(sum.into_iter().chain(squares)).for_each(|(total, part)| *total += part.to_f64());
        }
    }

    /// Adds the chunk's share of dL/dw to sums of [`Layer::sums_len`] numbers, from which [`Layer::finish_weight_gradient`]
    /// computes the gradient. The border of `by_z` may differ from that of z.
    pub fn weight_gradient<F: Float>(
        &self,
        x: Chunk<'_, F>,
        by_z: Chunk<'_, F>,
        sums: &mut [F],
        scratch: &mut Scratch,
    ) {
        if self.winograd {
            return self.tiled_weight_gradient(x, by_z, sums, scratch);
        }
        let (rows, columns) = (self.z.height, self.z.width);
        let (x, gradient) = (x.numbers, by_z.numbers);
        let all = gradient.len() / by_z.layout.image();
        if self.is_depthwise() {
            let (taps, channels, images) = (self.taps(), self.z.channels, all);
            let (reads, gradients) = (self.reads(), by_z.layout.steps());
            depthwise::WeightGradient {
                images,
                rows,
                columns,
                channels,
                taps,
                x,
                reads,
                gradient,
                gradients,
                out: sums,
            }
            .run();
            return;
        }
        let blocks = self.forward_blocks();
        for (first, images) in together(all, blocks.len()) {
            let mut sums = &mut *sums;
            for block in &blocks {
                let out;
                let len = self.windows[0].kernel * self.windows[1].kernel * block.len();
                (out, sums) = sums.split_at_mut(len);
                let window = self.window(block.reads.len());
                let gather = Gather {
                    images,
                    rows,
                    columns,
                    channels: block.writes.len(),
                    window,
                    elements: [0, window.run],
                    x,
                    reads: self.reads().beyond(first, block.reads.start),
                    gradient,
                    gradients: by_z.layout.steps().beyond(first, block.writes.start),
                    panels: PANEL,
                    out,
                };
                gather.run();
            }
        }
    }
}

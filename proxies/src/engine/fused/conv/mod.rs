//! Convolutions: forward, gradient by the input, gradient by the weights, a chunk of images at a time.
//!
//! The kernels of this module are direct. Measured on one core of a Zen 4 at 118 GFLOP/s on registers, in f32 at batch 64
//! (`benches/kernels.rs`): 111-115 forward, 106-112 for the input gradient and 112-115 for the weight gradient of 3x3 kernels on 16 to 64
//! channels; 82-103, 62-94 and 97-110 for 1x1 kernels; in f64 about 50 of 59. Layers that suit it go through Winograd's
//! kernels instead (`tiled`).

mod pack;
mod sliding;
#[cfg(test)]
mod tests;
mod tiled;
mod weight_gradient;

use super::lanes::Float;
use super::layout::{Layout, Steps};
use super::winograd::Scratch;
use crate::engine::plain::Conv;
use sliding::{Finish, PartialSums, Slide, Window};
use weight_gradient::Gather;

pub(super) use super::winograd::Sums;

/// A convolution between planes of known layouts. Layouts are those of a chunk of images; the number of images is the
/// chunk's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub conv: Conv,
    /// Input channels without padding.
    pub inputs: usize,
    /// What it reads, with a border of at least its padding.
    pub x: Layout,
    /// What it yields.
    pub z: Layout,
    /// Whether Winograd's kernels may run it in f32, where it [suits](Layer::suits_winograd) them.
    pub winograd: bool,
}

/// A chunk of images as a kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a, F> {
    pub numbers: &'a [F],
    pub layout: Layout,
}

impl<'a, F> Chunk<'a, F> {
    pub fn image(&self, n: usize) -> &'a [F] {
        let size = self.layout.image();
        &self.numbers[n * size..(n + 1) * size]
    }
}

impl Layer {
    /// Where windows start in an image of `x`.
    fn reads(&self) -> Steps {
        let Layout { border, channels, .. } = self.x;
        let offset = border - self.conv.padding;
        let (row, stride) = (self.x.row(), self.conv.stride);
        Steps { start: offset * (row + channels), row: row * stride, column: channels * stride }
    }

    fn window(&self) -> Window {
        Window { rows: self.conv.kernel, run: self.conv.kernel * self.x.channels, pitch: self.x.row() }
    }

    /// z = w * x for the chunk's images, with weights from [`Layer::pack`]; adds to the sums of z and its square for each
    /// channel.
    pub fn forward<F: Float>(
        &self,
        x: Chunk<'_, F>,
        weights: &[F],
        z: &mut [F],
        sums: Option<Sums<'_>>,
        scratch: &mut Scratch,
    ) {
        if self.winograd {
            return self.tiled_forward(x, weights, z, sums, scratch);
        }
        let mut partial =
            sums.is_some().then(|| [vec![F::default(); self.z.channels], vec![F::default(); self.z.channels]]);
        let size = self.z.image();
        for (n, z) in z.chunks_exact_mut(size).enumerate() {
            let sums = partial.as_mut().map(|[sum, squares]| PartialSums { sum, squares });
            let slide = Slide {
                rows: self.z.height,
                columns: self.z.width,
                channels: self.z.channels,
                window: self.window(),
                x: x.image(n),
                reads: self.reads(),
                weights,
                out: z,
                writes: self.z.steps(),
                finish: Finish::Store(sums),
            };
            slide.run();
        }
        if let (Some(sums), Some([sum, squares])) = (sums, partial) {
            let totals = sums.values.iter_mut().chain(sums.squares);
            totals.zip(sum.into_iter().chain(squares)).for_each(|(total, part)| *total += part.to_f64());
        }
    }

    /// Adds the chunk's share of dL/dw to sums of [`Layer::sums_len`] numbers, from which
    /// [`Layer::finish_weight_gradient`] makes the gradient. `by_z` may have another border than z.
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
        for n in 0..by_z.numbers.len() / by_z.layout.image() {
            let gather = Gather {
                rows: self.z.height,
                columns: self.z.width,
                channels: self.z.channels,
                window: self.window(),
                x: x.image(n),
                reads: self.reads(),
                gradient: by_z.image(n),
                gradients: by_z.layout.steps(),
                out: sums,
            };
            gather.run();
        }
    }

    /// The border that [`Layer::input_gradient`] wants around dL/dz.
    pub fn gradient_border(&self) -> usize {
        let side = |inputs, outputs| {
            let reach = |phase: &Phase| {
                let last = phase.count(inputs).saturating_sub(1) + phase.first_output;
                let before = phase.taps.saturating_sub(phase.first_output + 1);
                if phase.taps == 0 { 0 } else { before.max(last.saturating_sub(outputs - 1)) }
            };
            self.phases().iter().map(reach).max().unwrap_or(0)
        };
        side(self.x.height, self.z.height).max(side(self.x.width, self.z.width))
    }

    /// dL/dx, where `gate` (laid out as x) is positive, stored in `by_x` or added to it. `by_z` has a border of
    /// [`Layer::gradient_border`], `weights` come from [`Layer::pack_transposed`].
    ///
    /// An input pixel meets the taps of its own phase: its row and column modulo the stride. Each pair of phases is a
    /// sliding product of stride 1 over dL/dz with a part of the kernel, turned round.
    pub fn input_gradient<F: Float>(
        &self,
        by_z: Chunk<'_, F>,
        weights: &[F],
        (by_x, layout): (&mut [F], Layout),
        (gate, add): (Option<Chunk<'_, F>>, bool),
        scratch: &mut Scratch,
    ) {
        if self.winograd {
            return self.tiled_input_gradient(by_z, weights, (by_x, layout), (gate, add), scratch);
        }
        let mut weights = weights;
        let phases = self.phases();
        for down in &phases {
            for across in &phases {
                let taps = down.taps * across.taps * self.z.channels * layout.channels;
                let (part, rest) = weights.split_at(taps);
                weights = rest;
                for (n, by_x) in by_x.chunks_exact_mut(layout.image()).enumerate() {
                    let place = |plane: Layout| Steps {
                        start: plane.start() + down.offset * plane.row() + across.offset * plane.channels,
                        row: plane.row() * self.conv.stride,
                        column: plane.channels * self.conv.stride,
                    };
                    let (row, column) = (by_z.layout.row(), by_z.layout.channels);
                    // A phase without taps reads nothing; its gradient is zero.
                    let first = |phase: &Phase| by_z.layout.border + phase.first_output + 1 - phase.taps.max(1);
                    let slide = Slide {
                        rows: down.count(self.x.height),
                        columns: across.count(self.x.width),
                        channels: layout.channels,
                        window: Window { rows: down.taps, run: across.taps * column, pitch: row },
                        x: by_z.image(n),
                        reads: Steps { start: first(down) * row + first(across) * column, row, column },
                        weights: part,
                        out: by_x,
                        writes: place(layout),
                        finish: Finish::Gradient {
                            gate: gate.as_ref().map(|gate| (gate.image(n), place(gate.layout))),
                            add,
                        },
                    };
                    slide.run();
                }
            }
        }
    }

    /// The phases of input rows or columns.
    fn phases(&self) -> Vec<Phase> {
        let Conv { kernel, stride, padding, .. } = self.conv;
        (0..stride)
            .map(|offset| {
                let first_tap = (offset + padding) % stride;
                let taps = kernel.saturating_sub(first_tap).div_ceil(stride);
                Phase { offset, stride, first_tap, taps, first_output: (offset + padding - first_tap) / stride }
            })
            .collect()
    }
}

/// The input rows (or columns) `offset`, `offset + stride`, ...: the taps that see them are `first_tap`,
/// `first_tap + stride`, ...; the first of these sees row `offset` from output row `first_output`, the next from the one
/// before it, and so on.
struct Phase {
    offset: usize,
    stride: usize,
    first_tap: usize,
    taps: usize,
    first_output: usize,
}

impl Phase {
    /// How many of `side` rows belong to the phase.
    fn count(&self, side: usize) -> usize {
        side.saturating_sub(self.offset).div_ceil(self.stride)
    }

    /// Its taps, the last one first, as they meet rows of dL/dz in order.
    fn taps(&self) -> impl Iterator<Item = usize> + Clone + use<> {
        let (first, stride) = (self.first_tap, self.stride);
        (0..self.taps).rev().map(move |m| first + m * stride)
    }
}

//! Convolutions that use Winograd's kernels, in terms of the engine's layouts.
//!
//! The kernels compute tiles of 4 x 4 pixels. Images of other sides are copied to wide planes, whose sides are multiples of 4, with zeros
//! beyond the images.

use super::super::lanes::Float;
use super::super::layout::{Layout, padded};
use super::super::winograd::{self, Buffer, Output, Plane, Scratch, Sums, Vectors};
use super::{Chunk, Layer};
use crate::network::Line;

/// Number of channels from which on Winograd's method is faster in all three directions.
const FEWEST_CHANNELS: usize = 16;

/// Side of a tile.
const TILE: usize = 4;

/// The most pixels of tiles for a pixel of an image with which Winograd's method is still faster.
const MOST_PIXELS: usize = 2;

fn plane(layout: Layout) -> Plane {
    let Layout { height, width, channels, border, .. } = layout;
    if border == 0 { Plane::dense(height, width, channels) } else { Plane::padded(height, width, channels) }
}

fn area(layout: Layout) -> usize {
    layout.height * layout.width
}

/// The layout with sides in multiples of 4.
fn wide(layout: Layout) -> Layout {
    let [height, width] = [layout.height, layout.width].map(|side| side.next_multiple_of(TILE));
    Layout { height, width, ..layout }
}

/// Rows of pixels of all images of two layouts that differ in the images' surroundings: where they start in both.
fn rows(images: usize, a: Layout, b: Layout) -> impl Iterator<Item = [usize; 2]> {
    let height = a.height.min(b.height);
    (0..images * height).map(move |i| [a, b].map(|layout| i / height * layout.image() + layout.row_at(i % height)))
}

/// Copies a chunk to a wide plane with this border, unless its sides are those of one.
fn widened<'a>(chunk: Chunk<'a, f32>, border: usize, room: &'a mut Buffer) -> Chunk<'a, f32> {
    let from = chunk.layout;
    if wide(from) == from {
        return chunk;
    }
    let to = Layout { border, ..wide(from) };
    let images = chunk.numbers.len() / from.image();
    let numbers = room.at_least(images * to.image());
    numbers.fill(0.0);
    for [source, target] in rows(images, from, to) {
        numbers[target..][..from.row_len()].copy_from_slice(&chunk.numbers[source..][..from.row_len()]);
    }
    Chunk { numbers, layout: to }
}

impl Layer {
    /// Whether Winograd's kernels support this layer and are faster: 3x3, stride 1, padding 1, sides that tiles cover well, channels
    /// in multiples of 8 and not too few, and vector instructions.
    pub fn suits_winograd(&self) -> bool {
        let usual = |line: Line| (line.kernel, line.stride, line.dilation, line.padding) == (3, 1, 1, [1, 1]);
        let channels = self.outputs;
        self.windows.into_iter().all(usual)
            && self.groups == 1
            && self.x.border == 1
            && self.z.border <= 1
            && self.inputs == padded(self.inputs)
            && channels == padded(channels)
            && self.inputs.min(channels) >= FEWEST_CHANNELS
            && area(wide(self.z)) <= MOST_PIXELS * area(self.z)
            && self.winograd_layer(1).fits()
            && Vectors::detected()
    }

    /// Converts the layer to the form of Winograd's kernels.
    pub(super) fn winograd_layer(&self, images: usize) -> winograd::Layer {
        let Layout { height, width, .. } = wide(self.z);
        winograd::Layer { images, height, width, inputs: self.inputs, outputs: self.outputs }
    }

    pub(super) fn tiled_forward<F: Float>(
        &self,
        x: Chunk<'_, F>,
        (weights, bias): (&[F], Option<&[F]>),
        z: &mut [F],
        sums: Option<Sums<'_>>,
        scratch: &mut Scratch,
    ) {
        let images = z.len() / self.z.image();
        if let (Some(x), Some(weights), Some(z)) = (x.single(), F::single(weights), F::single_mut(z)) {
            if wide(self.z) == self.z {
                let output = Output { sums, ..Output::new(z, plane(self.z)) };
                winograd::forward(&self.winograd_layer(images), x.numbers, weights, output, scratch);
            } else {
                let computed = self.widely(x, weights, self.winograd_layer(images), scratch);
                self.narrow(images, &computed, z, sums);
                scratch.computed = computed;
            }
        }
        let Some(bias) = bias else { return };
        for image in z.chunks_exact_mut(self.z.image()) {
            for row in 0..self.z.height {
                for pixel in image[self.z.row_at(row)..][..self.z.row_len()].chunks_exact_mut(self.z.channels) {
                    pixel.iter_mut().zip(bias).for_each(|(z, &bias)| *z += bias);
                }
            }
        }
    }

    /// Convolves copies of these images and returns the outputs, in a wide plane without a border.
    fn widely(&self, x: Chunk<'_, f32>, weights: &[f32], layer: winograd::Layer, scratch: &mut Scratch) -> Buffer {
        let [mut copies, mut computed] = [&mut scratch.copies, &mut scratch.computed].map(std::mem::take);
        let winograd::Layer { images, height, width, outputs, .. } = layer;
        let values = computed.at_least(images * height * width * outputs);
        let output = Output::new(values, Plane::dense(height, width, outputs));
        winograd::forward(&layer, widened(x, 1, &mut copies).numbers, weights, output, scratch);
        scratch.copies = copies;
        computed
    }

    /// Copies the outputs from a wide plane to `z` and adds them to the sums.
    fn narrow(&self, images: usize, computed: &[f32], z: &mut [f32], mut sums: Option<Sums<'_>>) {
        let from = Layout { border: 0, ..wide(self.z) };
        for [source, target] in rows(images, from, self.z) {
            let row = &computed[source..][..self.z.row_len()];
            z[target..][..row.len()].copy_from_slice(row);
            let Some(Sums { values, squares }) = &mut sums else { continue };
            for pixel in row.chunks_exact(self.z.channels) {
                for ((&z, sum), square) in pixel.iter().zip(values.iter_mut()).zip(squares.iter_mut()) {
                    *sum += f64::from(z);
                    *square += f64::from(z) * f64::from(z);
                }
            }
        }
    }

    pub(super) fn tiled_input_gradient<F: Float>(
        &self,
        by_z: Chunk<'_, F>,
        weights: &[F],
        (by_x, layout): (&mut [F], Layout),
        (gate, add): (Option<Chunk<'_, F>>, bool),
        scratch: &mut Scratch,
    ) {
        let images = by_x.len() / layout.image();
        let layer = self.winograd_layer(images).transposed();
        let gate = gate.and_then(|gate| gate.single());
        let (Some(by_z), Some(weights), Some(by_x)) = (by_z.single(), F::single(weights), F::single_mut(by_x)) else {
            return;
        };
        if wide(layout) == layout {
            let mask = gate.map(|gate| (gate.numbers, plane(gate.layout)));
            let output = Output { accumulate: add, mask, ..Output::new(by_x, plane(layout)) };
            return winograd::forward(&layer, by_z.numbers, weights, output, scratch);
        }
        let computed = self.widely(by_z, weights, layer, scratch);
        let from = Layout { border: 0, ..wide(layout) };
        let gates = gate.map_or(layout, |gate| gate.layout);
        for ([source, target], [_, at]) in rows(images, from, layout).zip(rows(images, from, gates)) {
            let row = by_x[target..][..layout.row_len()].iter_mut().zip(&computed[source..]);
            let gates = gate.map(|gate| &gate.numbers[at..][..layout.row_len()]);
            for (i, (to, &value)) in row.enumerate() {
                let value = if gates.is_none_or(|gates| gates[i] > 0.0) { value } else { 0.0 };
                *to = if add { *to + value } else { value };
            }
        }
        scratch.computed = computed;
    }

    pub(super) fn tiled_weight_gradient<F: Float>(
        &self,
        x: Chunk<'_, F>,
        by_z: Chunk<'_, F>,
        sums: &mut [F],
        scratch: &mut Scratch,
    ) {
        let layer = self.winograd_layer(by_z.numbers.len() / by_z.layout.image());
        let (Some(x), Some(by_z), Some(sums)) = (x.single(), by_z.single(), F::single_mut(sums)) else { return };
        let [mut copies, mut gradients] = [&mut scratch.copies, &mut scratch.computed].map(std::mem::take);
        let (x, by_z) = (widened(x, 1, &mut copies), widened(by_z, 0, &mut gradients));
        winograd::weight_gradient(&layer, x.numbers, by_z.numbers, plane(by_z.layout), sums, scratch);
        (scratch.copies, scratch.computed) = (copies, gradients);
    }
}

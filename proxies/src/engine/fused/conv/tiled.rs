//! Convolutions that use Winograd's kernels, in terms of the engine's layouts.
//!
//! The kernels compute tiles of 4 x 4 pixels. Images of other sides are copied to wide planes, whose sides are multiples of 4, with zeros
//! beyond the images.

use super::super::lanes::Float;
use super::super::layout::{Layout, padded};
use super::super::winograd::{self, Buffer, Output, Plane, Sums, Vectors};
use super::{Chunk, InputGradient, Layer};
use crate::network::Line;

/// Number of channels from which on Winograd's method is faster in all three directions.
const FEWEST_CHANNELS: usize = 16;

/// Side of a tile.
const TILE: usize = 4;

/// Winograd's method is still faster if tiles have at most this many times the image's pixels.
const MOST_PIXELS: usize = 2;

/// Working memory of a thread, reused from call to call.
#[derive(Debug, Default)]
pub(in super::super) struct Scratch {
    winograd: winograd::Scratch,
    /// Copies of images in wide planes, and of gradients or outputs.
    wide: [Buffer; 2],
}

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

/// Where each row of pixels starts in layouts that differ only in what surrounds the images; the first says how high they are.
fn rows<const N: usize>(images: usize, layouts: [Layout; N]) -> impl Iterator<Item = [usize; N]> {
    let height = layouts[0].height;
    (0..images * height).map(move |i| layouts.map(|layout| i / height * layout.image() + layout.row_at(i % height)))
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
    for [source, target] in rows(images, [from, to]) {
        numbers[target..][..from.row_len()].copy_from_slice(&chunk.numbers[source..][..from.row_len()]);
    }
    Chunk { numbers, layout: to }
}

/// Convolves copies of these images and returns the outputs, in a wide plane without a border.
fn convolve_widely<'s>(
    layer: &winograd::Layer,
    x: Chunk<'_, f32>,
    weights: &[f32],
    scratch: &'s mut Scratch,
) -> Chunk<'s, f32> {
    let Scratch { winograd, wide: [copies, outputs] } = scratch;
    let winograd::Layer { images, height, width, outputs: channels, .. } = *layer;
    let layout = Layout { images, height, width, channels, border: 0 };
    let numbers = outputs.at_least(layout.len());
    let output = Output::new(&mut *numbers, plane(layout));
    winograd::forward(layer, widened(x, 1, copies).numbers, weights, output, winograd);
    Chunk { numbers, layout }
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
            let layer = self.winograd_layer(images);
            if wide(self.z) == self.z {
                let output = Output { sums, ..Output::new(z, plane(self.z)) };
                winograd::forward(&layer, x.numbers, weights, output, &mut scratch.winograd);
            } else {
                self.narrow(images, convolve_widely(&layer, x, weights, scratch), z, sums);
            }
        }
        let Some(bias) = bias else { return };
        for [start] in rows(images, [self.z]) {
            for pixel in z[start..][..self.z.row_len()].chunks_exact_mut(self.z.channels) {
                pixel.iter_mut().zip(bias).for_each(|(z, &bias)| *z += bias);
            }
        }
    }

    /// Copies the outputs from a wide plane to `z` and adds them to the sums.
    fn narrow(&self, images: usize, computed: Chunk<'_, f32>, z: &mut [f32], mut sums: Option<Sums<'_>>) {
        for [target, source] in rows(images, [self.z, computed.layout]) {
            let row = &computed.numbers[source..][..self.z.row_len()];
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
        gradient: InputGradient<'_, F>,
        weights: &[F],
        scratch: &mut Scratch,
    ) {
        let images = gradient.images();
        let InputGradient { by_z, by_x, layout, gate, add } = gradient;
        let layer = self.winograd_layer(images).transposed();
        let gate = gate.and_then(|gate| gate.single());
        let (Some(by_z), Some(weights), Some(by_x)) = (by_z.single(), F::single(weights), F::single_mut(by_x)) else {
            return;
        };
        if wide(layout) == layout {
            let mask = gate.map(|gate| (gate.numbers, plane(gate.layout)));
            let output = Output { accumulate: add, mask, ..Output::new(by_x, plane(layout)) };
            return winograd::forward(&layer, by_z.numbers, weights, output, &mut scratch.winograd);
        }
        let computed = convolve_widely(&layer, by_z, weights, scratch);
        let gates = gate.map_or(layout, |gate| gate.layout);
        for [target, source, at] in rows(images, [layout, computed.layout, gates]) {
            let row = by_x[target..][..layout.row_len()].iter_mut().zip(&computed.numbers[source..]);
            let gate = gate.map(|gate| &gate.numbers[at..][..layout.row_len()]);
            for (i, (to, &value)) in row.enumerate() {
                let value = if gate.is_none_or(|gate| gate[i] > 0.0) { value } else { 0.0 };
                *to = if add { *to + value } else { value };
            }
        }
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
        let Scratch { winograd, wide: [copies, gradients] } = scratch;
        let (x, by_z) = (widened(x, 1, copies), widened(by_z, 0, gradients));
        winograd::weight_gradient(&layer, x.numbers, by_z.numbers, plane(by_z.layout), sums, winograd);
    }
}

//! Convolutions that use Winograd's kernels, in terms of the engine's layouts.

use super::super::lanes::Float;
use super::super::layout::{Layout, padded};
use super::super::winograd::{self, Output, Plane, Scratch, Sums, Vectors};
use super::{Chunk, Layer};
use crate::network::Line;

/// Number of channels from which on Winograd's method is faster in all three directions.
const FEWEST_CHANNELS: usize = 16;

fn plane(layout: Layout) -> Plane {
    let Layout { height, width, channels, border, .. } = layout;
    if border == 0 { Plane::dense(height, width, channels) } else { Plane::padded(height, width, channels) }
}

impl Layer {
    /// Whether Winograd's kernels support this layer and are faster: 3x3, stride 1, padding 1, sides in multiples of 4, channels
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
            && self.winograd_layer(1).fits()
            && Vectors::detected()
    }

    /// Converts the layer to the form of Winograd's kernels.
    pub(super) fn winograd_layer(&self, images: usize) -> winograd::Layer {
        let Layout { height, width, .. } = self.z;
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
        let layer = self.winograd_layer(z.len() / self.z.image());
        if let (Some(x), Some(weights), Some(z)) = (F::single(x.numbers), F::single(weights), F::single_mut(z)) {
            winograd::forward(&layer, x, weights, Output { sums, ..Output::new(z, plane(self.z)) }, scratch);
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

    pub(super) fn tiled_input_gradient<F: Float>(
        &self,
        by_z: Chunk<'_, F>,
        weights: &[F],
        (by_x, layout): (&mut [F], Layout),
        (gate, add): (Option<Chunk<'_, F>>, bool),
        scratch: &mut Scratch,
    ) {
        let layer = self.winograd_layer(by_x.len() / layout.image()).transposed();
        let mask = gate.and_then(|gate| Some((F::single(gate.numbers)?, plane(gate.layout))));
        if let (Some(by_z), Some(weights), Some(by_x)) =
            (F::single(by_z.numbers), F::single(weights), F::single_mut(by_x))
        {
            let output = Output { accumulate: add, mask, ..Output::new(by_x, plane(layout)) };
            winograd::forward(&layer, by_z, weights, output, scratch);
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
        let plane = plane(by_z.layout);
        if let (Some(x), Some(by_z), Some(sums)) = (F::single(x.numbers), F::single(by_z.numbers), F::single_mut(sums))
        {
            winograd::weight_gradient(&layer, x, by_z, plane, sums, scratch);
        }
    }
}

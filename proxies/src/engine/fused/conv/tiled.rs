//! 3x3 convolutions by Winograd's method, where that is faster: the seam between this engine's planes and those kernels.

use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::winograd::{self, Output, Plane, Scratch, Vectors};
use super::{Chunk, Layer};

/// Channels from which on Winograd's method is faster in all three directions.
const FEWEST_CHANNELS: usize = 16;

/// A convolution that Winograd's kernels take.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Tiled(winograd::Layer);

impl Layer {
    /// The layer for Winograd's kernels; `None` where they do not fit or would not be faster.
    pub fn tiled<F: Float>(&self) -> Option<Tiled> {
        let Layer { conv, x, z, .. } = self;
        let layer = winograd::Layer {
            images: x.images,
            height: z.height,
            width: z.width,
            inputs: x.channels,
            outputs: z.channels,
        };
        let shape = (conv.kernel, conv.stride, conv.padding, x.border) == (3, 1, 1, 1) && z.border <= 1;
        let wide = x.channels.min(z.channels) >= FEWEST_CHANNELS;
        let single = F::singles(&[]).is_some();
        (shape && wide && single && layer.fits() && Vectors::detected()).then_some(Tiled(layer))
    }
}

/// Where a layout's pixels lie.
fn plane(layout: Layout) -> Plane {
    if layout.border == 0 {
        Plane::dense(layout.height, layout.width, layout.channels)
    } else {
        Plane::padded(layout.height, layout.width, layout.channels)
    }
}

/// A layer is tiled only in single precision, so that its numbers are.
fn singles<F: Float>(numbers: &[F]) -> &[f32] {
    F::singles(numbers).unwrap_or_default()
}

fn singles_mut<F: Float>(numbers: &mut [F]) -> &mut [f32] {
    F::singles_mut(numbers).unwrap_or_default()
}

impl Tiled {
    /// Numbers in the transformed weights, and in the transformed sums of the weight gradient.
    pub fn transformed(&self) -> usize {
        winograd::transformed(self.0.inputs, self.0.outputs)
    }

    /// Weights from [`Layer::pack`]'s layout into the kernels' own.
    pub fn transform<F: Float>(&self, packed: &[F], to: &mut [F]) {
        winograd::transform_weights(singles(packed), self.0.inputs, self.0.outputs, singles_mut(to));
    }

    /// The same for [`Tiled::input_gradient`].
    pub fn transform_transposed<F: Float>(&self, packed: &[F], to: &mut [F]) {
        winograd::transform_transposed_weights(singles(packed), self.0.inputs, self.0.outputs, singles_mut(to));
    }

    fn chunk(&self, layout: Layout, len: usize) -> winograd::Layer {
        winograd::Layer { images: len / layout.image(), ..self.0 }
    }

    /// As [`Layer::forward`], with sums in f64.
    pub fn forward<F: Float>(
        &self,
        x: Chunk<'_, F>,
        weights: &[F],
        (z, layout): (&mut [F], Layout),
        sums: Option<winograd::Sums<'_>>,
        scratch: &mut Scratch,
    ) {
        let layer = self.chunk(layout, z.len());
        let output = Output { sums, ..Output::new(singles_mut(z), plane(layout)) };
        winograd::forward(&layer, singles(x.numbers), singles(weights), output, scratch);
    }

    /// As [`Layer::input_gradient`].
    pub fn input_gradient<F: Float>(
        &self,
        by_z: Chunk<'_, F>,
        weights: &[F],
        (by_x, layout): (&mut [F], Layout),
        gate: Option<Chunk<'_, F>>,
        add: bool,
        scratch: &mut Scratch,
    ) {
        let layer = self.chunk(layout, by_x.len()).transposed();
        let mask = gate.map(|gate| (singles(gate.numbers), plane(gate.layout)));
        let output = Output { accumulate: add, mask, ..Output::new(singles_mut(by_x), plane(layout)) };
        winograd::forward(&layer, singles(by_z.numbers), singles(weights), output, scratch);
    }

    /// As [`Layer::weight_gradient`], but into transformed sums.
    pub fn weight_gradient<F: Float>(
        &self,
        x: Chunk<'_, F>,
        by_z: Chunk<'_, F>,
        sums: &mut [F],
        scratch: &mut Scratch,
    ) {
        let layer = self.chunk(by_z.layout, by_z.numbers.len());
        let gradient = singles(by_z.numbers);
        winograd::weight_gradient(&layer, singles(x.numbers), gradient, plane(by_z.layout), singles_mut(sums), scratch);
    }

    /// Adds what the transformed sums come to, to the gradient in the packed weights' layout.
    pub fn finish_weight_gradient<F: Float>(&self, sums: &[F], by_weight: &mut [F]) {
        winograd::finish_weight_gradient(&self.0, singles(sums), singles_mut(by_weight));
    }
}

//! Convolution weights in the form of the backward kernels, and weight gradients from their results.

use super::super::conv;
use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use super::Memory;
use super::cuts::groups;

/// The layout of the sums of a weight gradient: one image of them for each group of images.
pub(super) fn sums_layout(layer: &conv::Layer) -> Layout {
    Layout { images: groups(layer.z).count(), ..Layout::flat(layer.sums_len()) }
}

impl<F: Float> Memory<F> {
    /// Returns a layer's weights packed for its backward step to an input of `by_x` channels.
    pub(super) fn packed_transposed(&mut self, layer: &conv::Layer, weights: &[f32], by_x: usize) -> Plane<F> {
        let mut packed = self.buffers.take(Layout::flat(layer.transposed_len(by_x)));
        layer.pack_transposed(weights, by_x, packed.all_mut());
        packed
    }

    /// Returns zeros for the sums of a weight gradient.
    pub(super) fn weight_sums(&mut self, layer: &conv::Layer) -> Plane<F> {
        let mut sums = self.buffers.take(sums_layout(layer));
        sums.all_mut().fill(F::default());
        sums
    }

    /// Computes the gradient of `len` weights from the sums of all groups of images.
    pub(super) fn weight_gradient(&mut self, layer: &conv::Layer, mut sums: Plane<F>, len: usize) -> Plane<F> {
        let size = sums.layout().image();
        let (total, others) = sums.all_mut().split_at_mut(size);
        for part in others.chunks_exact(size) {
            total.iter_mut().zip(part).for_each(|(total, &part)| *total += part);
        }
        let mut by_weight = self.buffers.take(Layout::flat(len));
        layer.finish_weight_gradient(total, by_weight.all_mut());
        self.buffers.give(sums);
        by_weight
    }
}

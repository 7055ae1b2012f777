//! The forward step of convolutions.

use super::super::conv;
use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use super::cuts::{chunk, chunks, split};
use super::norm::Moments;
use super::parallel::each;
use super::{Cpu, Memory, Walk};
use crate::engine::walk::Convolution;

impl<'m, F: Float> Cpu<'m, F> {
    pub(super) fn conv_forward(&mut self, walk: &Walk<'_, '_, 'm, F>, i: usize, step: Convolution) -> Plane<F> {
        let Convolution { conv, input, layer: id } = step;
        let layer = self.memory.conv(&walk.task, i, step);
        let packed = self.memory.packed(&layer, walk.task.parameter(id, 0).1);
        let mut z = self.memory.buffers.take(layer.z);
        let (x, channels) = (walk.values.get(input), layer.z.channels);
        let cuts = || chunks(layer.z, 0..layer.z.images);
        let bias = conv.bias.then(|| self.memory.bias(&layer, walk.task.parameter(id, 1).1));
        // The sums of Winograd's kernels leave out the bias, so they are of no use with one.
        let normalised = walk.task.uses[i].normalised && !(layer.winograd && conv.bias);
        let mut sums = vec![0.0; if normalised { 2 * channels * cuts().count() } else { 0 }];
        let mut parts = sums.chunks_exact_mut(2 * channels);
        let pieces = cuts().zip(split(&mut z, cuts())).map(|(images, z)| (images, z, parts.next()));
        each(&mut self.memory.scratch, pieces, |scratch, (images, z, sums)| {
            let sums = sums.map(|sums| {
                let (values, squares) = sums.split_at_mut(channels);
                conv::Sums { values, squares }
            });
            layer.forward(chunk(x, images), (packed.all(), bias.as_ref().map(Plane::all)), z, sums, scratch);
        });
        [Some(packed), bias].into_iter().flatten().for_each(|plane| self.memory.buffers.give(plane));
        self.moments[i] = normalised.then(|| Moments::of(&sums, channels));
        z
    }
}

impl<F: Float> Memory<F> {
    /// Returns a layer's biases, with zeros for padded channels.
    fn bias(&mut self, layer: &conv::Layer, values: &[f32]) -> Plane<F> {
        let mut bias = self.buffers.take(Layout::flat(layer.z.channels));
        bias.all_mut().fill(F::default());
        bias.all_mut().iter_mut().zip(values).for_each(|(to, &value)| *to = F::from_f32(value));
        bias
    }

    /// Returns a layer's weights packed for its forward step.
    pub(super) fn packed(&mut self, layer: &conv::Layer, weights: &[f32]) -> Plane<F> {
        let mut packed = self.buffers.take(Layout::flat(layer.packed_len()));
        layer.pack(weights, packed.all_mut());
        packed
    }
}

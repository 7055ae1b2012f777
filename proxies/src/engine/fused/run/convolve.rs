//! Convolutions of a run, forward.

use super::super::conv;
use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::Source;
use super::cuts::{chunk, chunks, split};
use super::norm::Moments;
use super::parallel::each;
use super::{Memory, Run};
use crate::engine::plain::Conv;
use crate::network::LayerId;

impl<F: Float> Run<'_, '_, F> {
    pub(super) fn conv_forward(&mut self, i: usize, conv: Conv, input: Source, id: LayerId, bias: bool) {
        let layer = self.task.conv(i, conv, input);
        let packed = self.memory.packed(&layer, self.task.parameter(id, 0).1);
        let mut z = self.memory.buffers.take(layer.z);
        let (x, channels) = (self.values.get(input), layer.z.channels);
        let cuts = || chunks(layer.z, 0..layer.z.images);
        let normalised = self.task.uses[i].normalised;
        let mut sums = vec![0.0; if normalised { 2 * channels * cuts().count() } else { 0 }];
        let mut parts = sums.chunks_exact_mut(2 * channels);
        let pieces = cuts().zip(split(&mut z, cuts())).map(|(images, z)| (images, z, parts.next()));
        each(&mut self.memory.scratch, pieces, |scratch, (images, z, sums)| {
            let sums = sums.map(|sums| {
                let (values, squares) = sums.split_at_mut(channels);
                conv::Sums { values, squares }
            });
            layer.forward(chunk(x, images), packed.all(), z, sums, scratch);
        });
        self.memory.buffers.give(packed);
        if bias {
            let bias = self.task.parameter(id, 1).1;
            for n in 0..z.layout().images {
                // A linear layer has one pixel and no border.
                z.image_mut(n).iter_mut().zip(bias).for_each(|(z, &bias)| *z += F::from_f32(bias));
            }
        }
        self.moments[i] = normalised.then(|| Moments::of(&sums, channels));
        self.values.raw[i] = Some(z);
    }
}

impl<F: Float> Memory<F> {
    /// A layer's weights as its forward step takes them.
    pub(super) fn packed(&mut self, layer: &conv::Layer, weights: &[f32]) -> Plane<F> {
        let mut packed = self.buffers.take(Layout::flat(layer.packed_len()));
        layer.pack(weights, packed.all_mut());
        packed
    }
}

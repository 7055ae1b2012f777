//! Convolutions of a run, forward and backward.

use super::super::conv;
use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Kind, Source};
use super::norm::Moments;
use super::{Run, chunk, chunk_mut, chunks};
use crate::network::{Conv, LayerId};
use std::ops::Range;

/// A convolution on its way back, chunk by chunk.
pub(super) struct ConvBackward<F> {
    pub layer: conv::Layer,
    pub input: Source,
    id: LayerId,
    bias: bool,
    /// What the weight gradient will be made of, if it is wanted.
    sums: Option<Plane<F>>,
    /// Weights for the input gradient and whether that is added to what is there; `None` if it is not wanted.
    transposed: Option<(Plane<F>, bool)>,
}

impl<F: Float> Run<'_, '_, F> {
    pub(super) fn conv_forward(&mut self, i: usize, conv: Conv, input: Source, id: LayerId, bias: bool) {
        let layer = self.task.conv(i, conv, input);
        let mut packed = self.memory.buffers.take(Layout::flat(layer.packed_len()));
        layer.pack(self.task.parameter(id, 0).1, packed.all_mut());
        let mut z = self.memory.buffers.take(layer.z);
        let x = self.values.get(input);
        let mut moments = self.task.uses[i].normalised.then(|| Moments::zeros(layer.z.channels));
        for images in chunks(layer.z) {
            let sums = moments.as_mut().map(Moments::totals);
            let (x, z) = (chunk(x, images.clone()), chunk_mut(&mut z, images));
            layer.forward(x, packed.all(), z, sums, &mut self.memory.scratch);
        }
        self.memory.buffers.give(packed);
        if bias {
            let bias = self.task.parameter(id, 1).1;
            for n in 0..z.layout().images {
                // A linear layer has one pixel and no border.
                z.image_mut(n).iter_mut().zip(bias).for_each(|(z, &bias)| *z += F::from_f32(bias));
            }
        }
        self.moments[i] = moments;
        self.values.raw[i] = Some(z);
    }

    /// Prepares the backward step of a convolution. Steps prepared one after another may run chunk by chunk in that order:
    /// the first stores the gradient by an input that they share, the others add to it.
    ///
    /// `spare` may become the plane of the gradient by the input, if it is the first and of the right layout.
    pub(super) fn conv_backward(&mut self, i: usize, spare: &mut Option<Plane<F>>) -> Option<ConvBackward<F>> {
        let Kind::Conv { conv, input, layer: id, bias } = self.task.plan.nodes[i].kind else { return None };
        let layer = self.task.conv(i, conv, input);
        let buffers = &mut self.memory.buffers;
        let sums = self.task.pass.watch.weight_gradients.then(|| {
            let mut plane = buffers.take(Layout::flat(layer.sums_len()));
            plane.all_mut().fill(F::default());
            plane
        });
        let transposed = self.task.uses[input.node].reached.then(|| {
            let layout = self.task.gradient_layout(input.node);
            let mut packed = buffers.take(Layout::flat(layer.transposed_len(layout.channels)));
            layer.pack_transposed(self.task.parameter(id, 0).1, layout.channels, packed.all_mut());
            let add = self.gradients[input.node].is_some();
            if !add {
                let spare = spare.take_if(|plane| plane.layout() == layout);
                self.gradients[input.node] = Some(spare.unwrap_or_else(|| buffers.take(layout)));
            }
            (packed, add)
        });
        Some(ConvBackward { layer, input, id, bias, sums, transposed })
    }

    /// The border that a convolution's backward step wants around the gradient by its output.
    pub(super) fn border_of(&self, step: &ConvBackward<F>) -> usize {
        if step.transposed.is_some() { step.layer.gradient_border() } else { 0 }
    }

    /// The backward step of a convolution for a chunk of images, from the gradient by its output.
    pub(super) fn conv_backward_chunk(
        &mut self,
        step: &mut ConvBackward<F>,
        images: Range<usize>,
        by_z: conv::Chunk<'_, F>,
    ) {
        let scratch = &mut self.memory.scratch;
        if let Some(sums) = &mut step.sums {
            let x = chunk(self.values.get(step.input), images.clone());
            step.layer.weight_gradient(x, by_z, sums.all_mut(), scratch);
        }
        if let (Some((weights, add)), Some(by_x)) = (&step.transposed, &mut self.gradients[step.input.node]) {
            let gated = step.input.rectified && self.task.plan.fused;
            let gate = gated.then(|| chunk(self.values.get(step.input), images.clone()));
            let layout = by_x.layout();
            let by_x = (chunk_mut(by_x, images), layout);
            step.layer.input_gradient(by_z, weights.all(), by_x, (gate, *add), scratch);
        }
    }

    /// Ends the backward step; `by_z` is the gradient by the whole output, for the bias.
    pub(super) fn conv_backward_end(&mut self, step: ConvBackward<F>, by_z: &Plane<F>) {
        if let Some((plane, _)) = step.transposed {
            self.memory.buffers.give(plane);
        }
        let Some(sums) = step.sums else { return };
        let (place, weights) = self.task.parameter(step.id, 0);
        let mut by_weight = self.memory.buffers.take(Layout::flat(weights.len()));
        step.layer.finish_weight_gradient(sums.all(), by_weight.all_mut());
        self.by_parameter[place] = Some(by_weight);
        self.memory.buffers.give(sums);
        if step.bias {
            let mut by_bias = self.memory.buffers.take(Layout::flat(step.layer.conv.channels));
            let totals = by_bias.all_mut();
            totals.fill(F::default());
            for n in 0..by_z.layout().images {
                totals.iter_mut().zip(by_z.image(n)).for_each(|(total, &g)| *total += g);
            }
            self.by_parameter[self.task.parameter(step.id, 1).0] = Some(by_bias);
        }
    }
}

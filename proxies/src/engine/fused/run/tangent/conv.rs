//! Tangents of a convolution's input and weight gradients.

use super::super::super::conv::InputGradient;
use super::super::super::lanes::Float;
use super::super::super::layout::Layout;
use super::super::cuts::{chunk, chunk_size, chunks, groups, images_mut, split};
use super::super::parallel::each;
use super::super::{Memory, NodeValues};
use super::Tangents;
use super::blend::Mixture;
use crate::engine::walk::plan::Kind;
use crate::engine::walk::{Convolution, Task};

impl<F: Float> Tangents<F> {
    /// The backward step of convolution `i`, given values, its output gradient, and the tangents of both.
    ///
    /// The tangent of the input gradient is w' * dL/dz + w * (dL/dz)', that of the weight gradient x' * dL/dz + x * (dL/dz)',
    /// where w' is w or, before batch norms, zero.
    pub(super) fn conv_backward(
        &mut self,
        memory: &mut Memory<F>,
        task: &Task<'_>,
        i: usize,
        (values, moving): (&NodeValues<F>, &NodeValues<F>),
        by_z: [Mixture<'_, F>; 2],
    ) {
        let Some(step) = task.convolution(i) else { return };
        let layer = memory.conv(task, i, step);
        let Convolution { input, layer: id, .. } = step;
        let grows = !self.normalised[i];
        let like = Layout { border: 0, ..layer.z };
        let mut sums = memory.weight_sums(&layer);
        let (place, weights) = task.parameter(id, 0);
        let of_x = memory.gradient_layout(task, input.node);
        let known = self.gradients[input.node].is_some();
        let is_images = task.plan.nodes[input.node].kind == Kind::Images;
        let reached = task.uses[input.node].reached && (self.to_images || !is_images);
        let transposed = reached.then(|| memory.packed_transposed(&layer, weights, of_x.channels));
        let buffers = &mut memory.buffers;
        let mut by_x =
            transposed.as_ref().map(|_| self.gradients[input.node].take().unwrap_or_else(|| buffers.take(of_x)));
        let border = layer.gradient_border();
        let part = Layout { images: chunk_size(like).min(like.images), border, ..like };
        let mut locals: Vec<_> =
            memory.scratch.iter_mut().map(|scratch| (scratch, [buffers.take(part), buffers.take(part)])).collect();

        let (x, x_tangent) = (values.get(input), moving.find(input));
        let gate = task.gates(input).then_some(x);
        let (mut parts, mut to) = (images_mut(&mut sums), by_x.as_mut().map(|plane| split(plane, groups(like))));
        let pieces =
            groups(like).map_while(move |images| Some((images, parts.next()?, to.as_mut().and_then(Iterator::next))));
        each(&mut locals, pieces, |(scratch, by_z_parts), (group, sums, mut by_x)| {
            let first = group.start;
            for images in chunks(like, group) {
                for (part, mixture) in by_z_parts.iter_mut().zip(&by_z) {
                    let steps = part.layout().steps();
                    for (place, n) in images.clone().enumerate() {
                        mixture.image(n, like, Some((part.image_mut(place), steps)), None, None);
                    }
                }
                let [by_z, by_z_tangent] = by_z_parts.each_ref().map(|part| chunk(part, 0..images.len()));
                if let Some(x) = x_tangent {
                    layer.weight_gradient(chunk(x, images.clone()), by_z, sums, scratch);
                }
                layer.weight_gradient(chunk(x, images.clone()), by_z_tangent, sums, scratch);
                if let (Some(packed), Some(by_x)) = (&transposed, by_x.as_mut()) {
                    let range = (images.start - first) * of_x.image()..(images.end - first) * of_x.image();
                    let mut add = known;
                    for by_z in [grows.then_some(by_z), Some(by_z_tangent)].into_iter().flatten() {
                        let gate = gate.map(|gate| chunk(gate, images.clone()));
                        let by_x = &mut by_x[range.clone()];
                        let gradient = InputGradient { by_z, by_x, layout: of_x, gate, add };
                        layer.input_gradient(gradient, packed.all(), scratch);
                        add = true;
                    }
                }
            }
        });
        locals.into_iter().flat_map(|(_, parts)| parts).for_each(|plane| memory.buffers.give(plane));
        transposed.into_iter().for_each(|plane| memory.buffers.give(plane));
        if by_x.is_some() {
            self.gradients[input.node] = by_x;
        }
        self.by_parameter[place] = Some(memory.weight_gradient(&layer, sums, weights.len()));
    }
}

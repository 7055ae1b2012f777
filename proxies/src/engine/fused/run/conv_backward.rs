//! The backward step of convolutions: groups of images in parallel, each one chunk at a time.
//!
//! If a combination owns a convolution, the convolution's output gradient is computed chunk by chunk in a scratch plane and used
//! for the weight and input gradients while it is in cache.

use super::super::conv::{self, Chunk, InputGradient, Scratch};
use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use super::combine::products;
use super::cuts::{chunk, chunk_size, chunks, groups, images_mut, split};
use super::distribute::{Through, spread};
use super::parallel::each;
use super::{Cpu, NodeValues, Walk, saliency};
use crate::engine::walk::Convolution;
use crate::engine::walk::plan::Source;
use crate::network::LayerId;
use std::ops::Range;

/// The backward step of a convolution.
pub(super) struct ConvBackward<F> {
    node: usize,
    layer: conv::Layer,
    input: Source,
    /// Where the input gradient is collected.
    slot: usize,
    id: LayerId,
    bias: bool,
    /// The sums from which each group's share of the weight gradient is computed, if that is wanted.
    sums: Option<Plane<F>>,
    /// The sums from which its saliencies are computed, if they are wanted.
    saliencies: Option<Plane<F>>,
    /// Weights for the input gradient, and whether that is added to an existing one; `None` if it is not wanted.
    transposed: Option<(Plane<F>, bool)>,
    /// Whether the gradient is masked, that is, passes only where the input is positive.
    gated: bool,
    /// How the output gradient follows from that of the combination that owns the convolution; `None` if it has been collected in
    /// a plane.
    owned: Option<Owned<F>>,
}

/// What a combination keeps for a convolution that it owns.
pub(super) struct Owned<F> {
    /// The batch norm between the two.
    pub through: Option<Through<F>>,
    /// The convolution's output, if no other step needs it; `None` if it is among the other values, or in the plane of the
    /// convolution's input gradient.
    pub output: Option<Plane<F>>,
}

/// The working memory of one thread.
struct Local<'a, F> {
    scratch: &'a mut Scratch,
    /// A chunk of the output gradient for each owned convolution.
    by_z: Vec<Option<Plane<F>>>,
}

/// A group of images, and the places of its results.
struct Group<'a, F> {
    images: Range<usize>,
    /// One entry for each convolution.
    sums: Vec<Option<&'a mut [F]>>,
    saliencies: Vec<Option<&'a mut [F]>>,
    by_x: Vec<ByInput<'a, F>>,
}

/// Some images of the gradient of a value that convolutions read.
struct ByInput<'a, F> {
    slot: usize,
    layout: Layout,
    numbers: &'a mut [F],
}

/// Returns the groups of a batch, each with its part of these planes.
fn parts<'a, F: Float>(
    layout: Layout,
    sums: &'a mut [Option<Plane<F>>],
    saliencies: &'a mut [Option<Plane<F>>],
    by_x: &'a mut [(usize, Plane<F>)],
) -> Vec<Group<'a, F>> {
    let group = |images| Group { images, sums: Vec::new(), saliencies: Vec::new(), by_x: Vec::new() };
    let mut parts: Vec<_> = groups(layout).map(group).collect();
    for sums in sums {
        let mut sums = sums.as_mut().map(images_mut);
        parts.iter_mut().for_each(|part| part.sums.push(sums.as_mut().and_then(Iterator::next)));
    }
    for saliencies in saliencies {
        let mut saliencies = saliencies.as_mut().map(|plane| split(plane, groups(layout)));
        parts.iter_mut().for_each(|part| part.saliencies.push(saliencies.as_mut().and_then(Iterator::next)));
    }
    for (slot, plane) in by_x {
        let of_x = plane.layout();
        for (part, numbers) in parts.iter_mut().zip(split(plane, groups(layout))) {
            part.by_x.push(ByInput { slot: *slot, layout: of_x, numbers });
        }
    }
    parts
}

impl<'m, F: Float> Cpu<'m, F> {
    /// Prepares the backward step of a convolution. Of the steps that run together, the first one prepared stores the gradient of
    /// an input that they share, and the others add to it.
    ///
    /// The output of an owned convolution may become the plane of the input gradient if the step is the first and the plane has
    /// the right layout.
    pub(super) fn conv_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        i: usize,
        mut owned: Option<Owned<F>>,
    ) -> Option<ConvBackward<F>> {
        let step = walk.task.convolution(i)?;
        let Convolution { conv, input, layer: id } = step;
        let reached = walk.reached(input.node);
        let memory = &mut *self.memory;
        let layer = memory.conv(&walk.task, i, step);
        let seen = walk.audience.seen;
        let sums = (seen.weight_gradients || seen.curvature).then(|| memory.weight_sums(&layer));
        let saliencies =
            (seen.saliencies && walk.task.is_salient(id)).then(|| memory.buffers.take(saliency::room(layer.z)));
        let transposed = reached.then(|| {
            let layout = memory.gradient_layout(&walk.task, input.node);
            let packed = memory.packed_transposed(&layer, walk.task.parameter(id, 0).1, layout.channels);
            let slot = walk.task.slot(input);
            let add = walk.gradients[slot].is_some();
            if !add {
                let output = owned.as_mut().map(|owned| &mut owned.output);
                let spare = output.and_then(|output| output.take_if(|plane| plane.layout() == layout));
                walk.gradients[slot] = Some(spare.unwrap_or_else(|| memory.buffers.take(layout)));
            }
            (packed, add)
        });
        let gated = walk.task.gates(input);
        Some(ConvBackward {
            node: i,
            layer,
            input,
            slot: walk.task.slot(input),
            id,
            bias: conv.bias,
            sums,
            saliencies,
            transposed,
            gated,
            owned,
        })
    }

    /// Runs the backward steps of all convolutions that get their gradient from `g`.
    pub(super) fn convs_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        mut convs: Vec<ConvBackward<F>>,
        g: &Plane<F>,
    ) {
        let mut sums: Vec<_> = convs.iter_mut().map(|conv| conv.sums.take()).collect();
        let mut saliencies: Vec<_> = convs.iter_mut().map(|conv| conv.saliencies.take()).collect();
        let mut by_x: Vec<(usize, Plane<F>)> = Vec::new();
        for slot in convs.iter().filter(|conv| conv.transposed.is_some()).map(|conv| conv.slot) {
            by_x.extend(walk.gradients[slot].take().map(|plane| (slot, plane)));
        }
        let buffers = &mut self.memory.buffers;
        let mut plane_of = |conv: &ConvBackward<F>| {
            let border = conv.layer.gradient_border();
            let layout = Layout { images: chunk_size(g.layout()).min(g.layout().images), border, ..g.layout() };
            conv.owned.as_ref().map(|_| buffers.take(layout))
        };
        let mut locals: Vec<Local<'_, F>> = (self.memory.scratch.iter_mut())
            .map(|scratch| Local { scratch, by_z: convs.iter().map(&mut plane_of).collect() })
            .collect();

        let (steps, values) = (&convs, &walk.values);
        let parts = parts(g.layout(), &mut sums, &mut saliencies, &mut by_x);
        each(&mut locals, parts.into_iter(), |Local { scratch, by_z }, mut group| {
            let first = group.images.start;
            for images in chunks(g.layout(), group.images.clone()) {
                let within = images.start - first..images.end - first;
                let outcomes = group.sums.iter_mut().zip(&mut group.saliencies);
                for ((conv, made), (sums, saliencies)) in steps.iter().zip(&mut *by_z).zip(outcomes) {
                    let by_x = group.by_x.iter_mut().find(|by_x| by_x.slot == conv.slot);
                    let mut by_x = by_x.map(|by_x| (share(by_x.numbers, by_x.layout, &within), by_x.layout));
                    let stored = by_x.as_ref().map(|(numbers, layout)| Chunk { numbers, layout: *layout });
                    let z = conv.output(values, images.clone(), stored);
                    let by_z = conv.gradient_by_output(g, images.clone(), z, made);
                    if let (Some(saliencies), Some(z)) = (saliencies, z) {
                        saliency::add_up(z, by_z, share(saliencies, saliency::room(z.layout), &within));
                    }
                    conv.run(values, images.clone(), by_z, by_x.take(), sums.as_deref_mut(), scratch);
                }
            }
        });

        for plane in locals.into_iter().flat_map(|local| local.by_z).flatten() {
            self.memory.buffers.give(plane);
        }
        for (slot, plane) in by_x {
            walk.gradients[slot] = Some(plane);
        }
        for (conv, (sums, saliencies)) in convs.into_iter().zip(sums.into_iter().zip(saliencies)) {
            self.conv_backward_end(walk, ConvBackward { sums, saliencies, ..conv }, g);
        }
    }

    /// Finishes the backward step; `by_z` is the gradient of the whole output, for the bias.
    fn conv_backward_end(&mut self, walk: &mut Walk<'_, '_, 'm, F>, step: ConvBackward<F>, by_z: &Plane<F>) {
        let planes = [step.transposed.map(|(plane, _)| plane), step.owned.and_then(|owned| owned.output)];
        planes.into_iter().flatten().for_each(|plane| self.memory.buffers.give(plane));
        if let Some(saliencies) = step.saliencies {
            saliency::show(&mut walk.audience, step.id, step.layer.outputs, &saliencies);
            self.memory.buffers.give(saliencies);
        }
        let Some(sums) = step.sums else { return };
        let (place, weights) = walk.task.parameter(step.id, 0);
        self.by_parameter[place] = Some(self.memory.weight_gradient(&step.layer, sums, weights.len()));
        if step.bias {
            let by_bias = self.bias_gradient(step.layer.outputs, by_z);
            self.by_parameter[walk.task.parameter(step.id, 1).0] = Some(by_bias);
        }
    }

    /// Sums the gradient over images and pixels, for each channel.
    fn bias_gradient(&mut self, channels: usize, by_z: &Plane<F>) -> Plane<F> {
        let mut by_bias = self.memory.buffers.take(Layout::flat(channels));
        let totals = by_bias.all_mut();
        if by_z.layout().height * by_z.layout().width > 1 {
            let sums = products(&mut self.memory.threads(), by_z, by_z).sum;
            totals.iter_mut().zip(sums).for_each(|(total, sum)| *total = F::from_f64(sum));
            return by_bias;
        }
        totals.fill(F::default());
        for n in 0..by_z.layout().images {
            let image = &by_z.image(n)[by_z.layout().start()..];
            totals.iter_mut().zip(image).for_each(|(total, &g)| *total += g);
        }
        by_bias
    }
}

/// Returns the part of a group's numbers for these images, which count from the first of the group.
fn share<'a, F>(numbers: &'a mut [F], layout: Layout, images: &Range<usize>) -> &'a mut [F] {
    &mut numbers[images.start * layout.image()..images.end * layout.image()]
}

impl<F: Float> ConvBackward<F> {
    /// Returns the output for a chunk of images, if it has been kept. `by_x` is the chunk's share of the input gradient, whose
    /// plane may still hold it.
    fn output<'s>(
        &'s self,
        values: &'s NodeValues<F>,
        images: Range<usize>,
        by_x: Option<Chunk<'s, F>>,
    ) -> Option<Chunk<'s, F>> {
        let own = self.owned.as_ref().and_then(|owned| owned.output.as_ref());
        own.or(values.raw[self.node].as_ref()).map(|output| chunk(output, images)).or(by_x)
    }

    /// Returns the output gradient for a chunk of images: the one in `g`, or one computed from it in `to`, for which the output
    /// may be needed.
    fn gradient_by_output<'s>(
        &self,
        g: &'s Plane<F>,
        images: Range<usize>,
        output: Option<Chunk<'_, F>>,
        to: &'s mut Option<Plane<F>>,
    ) -> Chunk<'s, F> {
        let (Some(owned), Some(to)) = (&self.owned, to) else { return chunk(g, images) };
        let steps = to.layout().steps();
        for (place, n) in images.clone().enumerate() {
            let through = owned.through.as_ref().zip(output);
            let through = through.map(|(through, x)| (through, (x.image(place), x.layout.steps())));
            spread(g, n, (to.image_mut(place), steps), through, None, false);
        }
        chunk(to, 0..images.len())
    }

    /// Runs the backward step for a chunk of images, given its output gradient.
    fn run(
        &self,
        values: &NodeValues<F>,
        images: Range<usize>,
        by_z: Chunk<'_, F>,
        by_x: Option<(&mut [F], Layout)>,
        sums: Option<&mut [F]>,
        scratch: &mut Scratch,
    ) {
        if let Some(sums) = sums {
            self.layer.weight_gradient(chunk(values.get(self.input), images.clone()), by_z, sums, scratch);
        }
        if let (Some((weights, add)), Some((by_x, layout))) = (&self.transposed, by_x) {
            let gate = self.gated.then(|| chunk(values.get(self.input), images));
            let gradient = InputGradient { by_z, by_x, layout, gate, add: *add };
            self.layer.input_gradient(gradient, weights.all(), scratch);
        }
    }
}

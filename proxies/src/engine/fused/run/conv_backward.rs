//! Convolutions of a run, backward: groups of images side by side, each a chunk at a time.
//!
//! A convolution that a combination owns has its gradient by the output made chunk by chunk in a scratch plane and used for
//! the gradients by its weights and by its input while it is in cache.

use super::super::conv::{self, Chunk};
use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Kind, Source};
use super::super::winograd::Scratch;
use super::cuts::{chunk, chunk_size, chunks, groups, images_mut, split};
use super::distribute::{Through, spread};
use super::parallel::each;
use super::{Memory, NodeValues, Run, saliency};
use crate::network::LayerId;
use std::ops::Range;

/// A convolution on its way back.
pub(super) struct ConvBackward<F> {
    node: usize,
    layer: conv::Layer,
    input: Source,
    id: LayerId,
    bias: bool,
    /// For each group of images what its share of the weight gradient will be made of, if that is wanted.
    sums: Option<Plane<F>>,
    /// What its saliencies are made of, if they are wanted.
    saliencies: Option<Plane<F>>,
    /// Weights for the input gradient and whether that is added to what is there; `None` if it is not wanted.
    transposed: Option<(Plane<F>, bool)>,
    /// Where the gradient is masked: whether the input counts only where it is positive.
    gated: bool,
    /// How the gradient by the output comes from that of the combination that owns the convolution; `None` if it has been
    /// collected in a plane.
    owned: Option<Owned<F>>,
}

/// What a combination that owns a convolution knows of it.
pub(super) struct Owned<F> {
    /// The batch norm between the two.
    pub through: Option<Through<F>>,
    /// The convolution's output, if no other step needs it; `None` if it is with the other values, or where the gradient by the
    /// convolution's input is going.
    pub output: Option<Plane<F>>,
}

/// What one thread works with.
struct Local<'a, F> {
    scratch: &'a mut Scratch,
    /// For each owned convolution a chunk of the gradient by its output.
    by_z: Vec<Option<Plane<F>>>,
}

/// A group of images, and where its results go.
struct Group<'a, F> {
    images: Range<usize>,
    /// For each convolution.
    sums: Vec<Option<&'a mut [F]>>,
    saliencies: Vec<Option<&'a mut [F]>>,
    by_x: Vec<ByInput<'a, F>>,
}

/// Some images of the gradient by a node that convolutions read.
struct ByInput<'a, F> {
    node: usize,
    layout: Layout,
    numbers: &'a mut [F],
}

/// The groups of a batch, with what they have of these planes.
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
    for (node, plane) in by_x {
        let of_x = plane.layout();
        for (part, numbers) in parts.iter_mut().zip(split(plane, groups(layout))) {
            part.by_x.push(ByInput { node: *node, layout: of_x, numbers });
        }
    }
    parts
}

impl<F: Float> Run<'_, '_, F> {
    /// Prepares the backward step of a convolution. Of steps that run together, the first one prepared stores the gradient
    /// by an input that they share, the others add to it.
    ///
    /// The output of an owned convolution may become the plane of the gradient by the input, if the step is the first and the
    /// plane of the right layout.
    pub(super) fn conv_backward(&mut self, i: usize, mut owned: Option<Owned<F>>) -> Option<ConvBackward<F>> {
        let Kind::Conv { conv, input, layer: id, bias } = self.task.plan.nodes[i].kind else { return None };
        let layer = self.task.conv(i, conv, input);
        let reached = self.reached(input.node);
        let memory = &mut *self.memory;
        let seen = self.audience.seen;
        let sums = (seen.weight_gradients || seen.curvature).then(|| memory.weight_sums(&layer));
        let saliencies = seen.saliencies.then(|| memory.buffers.take(saliency::room(layer.z)));
        let transposed = reached.then(|| {
            let layout = self.task.gradient_layout(input.node);
            let packed = memory.packed_transposed(&layer, self.task.parameter(id, 0).1, layout.channels);
            let add = self.gradients[input.node].is_some();
            if !add {
                let output = owned.as_mut().map(|owned| &mut owned.output);
                let spare = output.and_then(|output| output.take_if(|plane| plane.layout() == layout));
                self.gradients[input.node] = Some(spare.unwrap_or_else(|| memory.buffers.take(layout)));
            }
            (packed, add)
        });
        let gated = input.rectified && self.task.plan.fused;
        Some(ConvBackward { node: i, layer, input, id, bias, sums, saliencies, transposed, gated, owned })
    }

    /// Runs the backward steps of convolutions that all get their gradient from `g`.
    pub(super) fn convs_backward(&mut self, mut convs: Vec<ConvBackward<F>>, g: &Plane<F>) {
        let mut sums: Vec<_> = convs.iter_mut().map(|conv| conv.sums.take()).collect();
        let mut saliencies: Vec<_> = convs.iter_mut().map(|conv| conv.saliencies.take()).collect();
        let mut by_x: Vec<(usize, Plane<F>)> = Vec::new();
        for node in convs.iter().filter(|conv| conv.transposed.is_some()).map(|conv| conv.input.node) {
            by_x.extend(self.gradients[node].take().map(|plane| (node, plane)));
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

        let (steps, values) = (&convs, &self.values);
        let parts = parts(g.layout(), &mut sums, &mut saliencies, &mut by_x);
        each(&mut locals, parts.into_iter(), |Local { scratch, by_z }, mut group| {
            let first = group.images.start;
            for images in chunks(g.layout(), group.images.clone()) {
                let within = images.start - first..images.end - first;
                let outcomes = group.sums.iter_mut().zip(&mut group.saliencies);
                for ((conv, made), (sums, saliencies)) in steps.iter().zip(&mut *by_z).zip(outcomes) {
                    let by_x = group.by_x.iter_mut().find(|by_x| by_x.node == conv.input.node);
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
        for (node, plane) in by_x {
            self.gradients[node] = Some(plane);
        }
        for (conv, (sums, saliencies)) in convs.into_iter().zip(sums.into_iter().zip(saliencies)) {
            self.conv_backward_end(ConvBackward { sums, saliencies, ..conv }, g);
        }
    }

    /// Ends the backward step; `by_z` is the gradient by the whole output, for the bias.
    fn conv_backward_end(&mut self, step: ConvBackward<F>, by_z: &Plane<F>) {
        let planes = [step.transposed.map(|(plane, _)| plane), step.owned.and_then(|owned| owned.output)];
        planes.into_iter().flatten().for_each(|plane| self.memory.buffers.give(plane));
        if let Some(saliencies) = step.saliencies {
            self.show_saliency(step.id, step.layer.conv.channels, &saliencies);
            self.memory.buffers.give(saliencies);
        }
        let Some(sums) = step.sums else { return };
        let (place, weights) = self.task.parameter(step.id, 0);
        self.by_parameter[place] = Some(self.memory.weight_gradient(&step.layer, sums, weights.len()));
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

impl<F: Float> Memory<F> {
    /// A layer's weights as its backward step to an input of `by_x` channels takes them.
    pub(super) fn packed_transposed(&mut self, layer: &conv::Layer, weights: &[f32], by_x: usize) -> Plane<F> {
        let mut packed = self.buffers.take(Layout::flat(layer.transposed_len(by_x)));
        layer.pack_transposed(weights, by_x, packed.all_mut());
        packed
    }

    /// Zeros for the sums that a weight gradient is made of, an image of them for each group of images.
    pub(super) fn weight_sums(&mut self, layer: &conv::Layer) -> Plane<F> {
        let images = groups(layer.z).count();
        let mut sums = self.buffers.take(Layout { images, ..Layout::flat(layer.sums_len()) });
        sums.all_mut().fill(F::default());
        sums
    }

    /// The gradient by `len` weights from the sums of all groups of images.
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

/// What these images, counted from the first of a group, have of the group's numbers.
fn share<'a, F>(numbers: &'a mut [F], layout: Layout, images: &Range<usize>) -> &'a mut [F] {
    &mut numbers[images.start * layout.image()..images.end * layout.image()]
}

impl<F: Float> ConvBackward<F> {
    /// The output for a chunk of images, if it has been kept. `by_x` is the chunk's share of the gradient by the input, where it
    /// may still lie.
    fn output<'s>(
        &'s self,
        values: &'s NodeValues<F>,
        images: Range<usize>,
        by_x: Option<Chunk<'s, F>>,
    ) -> Option<Chunk<'s, F>> {
        let own = self.owned.as_ref().and_then(|owned| owned.output.as_ref());
        own.or(values.raw[self.node].as_ref()).map(|output| chunk(output, images)).or(by_x)
    }

    /// The gradient by the output for a chunk of images: of `g` itself, or made of it in `to`, for which the output may be needed.
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

    /// The backward step for a chunk of images, from the gradient by its output.
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
        if let (Some((weights, add)), Some(by_x)) = (&self.transposed, by_x) {
            let gate = self.gated.then(|| chunk(values.get(self.input), images));
            self.layer.input_gradient(by_z, weights.all(), by_x, (gate, *add), scratch);
        }
    }
}

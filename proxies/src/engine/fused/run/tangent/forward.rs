//! Tangents of values.

use super::super::super::lanes::Float;
use super::super::super::layout::Layout;
use super::super::super::plane::Plane;
use super::super::super::pool::MaxTangent;
use super::super::combine::{products, targets};
use super::super::cuts::{chunk, chunks, split};
use super::super::parallel::each;
use super::super::pools::windows;
use super::super::{Cpu, Walk, image, layout};
use super::Tangents;
use super::blend::{Mixture, unchanged};
use super::norm::NormTangent;
use crate::engine::walk::Convolution;
use crate::engine::walk::plan::{Kind, Source, Term};
use crate::network::LayerId;

impl<'m, F: Float> Cpu<'m, F> {
    /// Computes the tangent of node `i`'s value, which has just been computed.
    pub(in super::super) fn tangent_forward(&mut self, walk: &Walk<'_, '_, 'm, F>, i: usize) {
        self.with_tangents(|run, tangents| run.node_tangent(walk, i, tangents));
    }

    fn node_tangent(&mut self, walk: &Walk<'_, '_, 'm, F>, i: usize, tangents: &mut Tangents<F>) {
        let value = Source { node: i, activated: false };
        let tangent = match walk.task.plan.nodes[i].kind.clone() {
            Kind::Images => None,
            Kind::Conv { conv, input, layer } => {
                self.conv_tangent(walk, i, Convolution { conv, input, layer }, tangents)
            }
            Kind::Combine(terms) => return self.combine_tangent(walk, i, &terms, tangents),
            Kind::MaxPool(pool, input) => {
                let windows = windows(&pool);
                let (layout, x, y) = (layout(&walk.task, value), walk.values.get(input), walk.values.get(value));
                tangents.values.find(input).map(|from| {
                    self.memory.by_image(layout, 0, |to, _, n| {
                        MaxTangent { windows, x: image(x, n), y: image(y, n), from: image(from, n), to }.run();
                    })
                })
            }
            _ => self.memory.rearranged(&walk.task, i, &tangents.values),
        };
        tangents.values.raw[i] = tangent;
    }

    /// w' x + w x', where w' is w or, before batch norms, zero.
    fn conv_tangent(
        &mut self,
        walk: &Walk<'_, '_, 'm, F>,
        i: usize,
        step: Convolution,
        tangents: &Tangents<F>,
    ) -> Option<Plane<F>> {
        let layer = self.memory.conv(&walk.task, i, step);
        let Convolution { input, layer: id, .. } = step;
        let grows = !tangents.normalised[i];
        let moving = tangents.values.find(input);
        let sum = moving.filter(|_| grows).map(|moving| {
            let (ones, zeros) = unchanged(layer.x);
            let sum = Mixture { terms: vec![(walk.values.get(input), &ones), (moving, &ones)], shift: &zeros };
            self.memory.mix(&sum, layer.x)
        });
        let x = match (&sum, moving) {
            (Some(sum), _) => sum,
            (None, Some(moving)) => moving,
            (None, None) if grows => walk.values.get(input),
            (None, None) => return None,
        };
        let memory = &mut *self.memory;
        let packed = memory.packed(&layer, walk.task.parameter(id, 0).1);
        let mut z = memory.buffers.take(layer.z);
        let cuts = || chunks(layer.z, 0..layer.z.images);
        each(&mut memory.scratch, cuts().zip(split(&mut z, cuts())), |scratch, (images, z)| {
            layer.forward(chunk(x, images), (packed.all(), None), z, None, scratch);
        });
        memory.buffers.give(packed);
        sum.into_iter().for_each(|plane| memory.buffers.give(plane));
        Some(z)
    }

    fn combine_tangent(&mut self, walk: &Walk<'_, '_, 'm, F>, i: usize, terms: &[Term], tangents: &mut Tangents<F>) {
        for (source, id) in terms.iter().filter_map(|term| Some((term.source, term.norm?))) {
            self.norm_tangent(walk, source, id, tangents);
        }
        let like = Layout::new(walk.task.images(), walk.task.shape(i), 0);
        let (ones, _) = unchanged(like);
        let mut shift = vec![0.0; like.channels];
        let mut mixture = Vec::new();
        for term in terms {
            let moving = tangents.values.find(term.source);
            if moving.is_none() && !tangents.normalised[term.source.node] {
                continue;
            }
            let norm =
                term.norm.and_then(|id| self.norms[id.index()].as_ref().zip(tangents.norms[id.index()].as_ref()));
            if let Some((_, tangent)) = norm {
                mixture.push((walk.values.get(term.source), tangent.scale.as_slice()));
                shift.iter_mut().zip(&tangent.shift).for_each(|(total, shift)| *total += shift);
            }
            let scale = norm.map_or(&ones, |(norm, _)| &norm.scale);
            mixture.extend(moving.map(|moving| (moving, scale.as_slice())));
        }
        if mixture.is_empty() {
            return;
        }
        let shift: Vec<F> = shift.into_iter().map(F::from_f64).collect();
        let mixture = Mixture { terms: mixture, shift: &shift };
        let [mut raw, mut activated] = self.memory.value_planes(&walk.task, i);
        let gate = activated.as_ref().map(|_| walk.values.get(Source { node: i, activated: true }));
        let (mut raws, mut activateds) = (targets(&mut raw), targets(&mut activated));
        let pieces = (0..like.images).map(move |n| (n, raws(), activateds()));
        each(&mut self.threads(), pieces, |(), (n, raw, activated)| mixture.image(n, like, raw, activated, gate));
        tangents.values.raw[i] = raw;
        tangents.values.activated[i] = activated;
    }

    /// Computes the tangent of a batch norm as its input changes or, if that is a convolution whose weights grow, as epsilon
    /// changes instead.
    fn norm_tangent(&mut self, walk: &Walk<'_, '_, 'm, F>, source: Source, id: LayerId, tangents: &mut Tangents<F>) {
        let Some(norm) = &self.norms[id.index()] else { return };
        let (z, moving) = (walk.values.get(source), tangents.values.find(source));
        let layout = z.layout();
        let sums = moving.map(|moving| products(&mut self.threads(), moving, z));
        let epsilon = if tangents.normalised[source.node] { -2.0 * norm.epsilon } else { 0.0 };
        let count = layout.images * layout.height * layout.width;
        tangents.norms[id.index()] = Some(NormTangent::new(norm, sums.as_ref(), count, epsilon));
    }
}

//! Tangents of gradients.

use super::super::super::lanes::Float;
use super::super::super::plane::Plane;
use super::super::combine::products;
use super::super::{Cpu, NodeValues, Walk};
use super::Tangents;
use super::blend::{Mixture, unchanged};
use super::norm::{NormBackward, Sums};
use crate::engine::walk::plan::{Kind, Source, Term};
use crate::network::LayerId;

impl<'m, F: Float> Cpu<'m, F> {
    /// Passes on the tangent of node `i`'s gradient, which is `g`.
    pub(in super::super) fn tangent_backward(&mut self, walk: &Walk<'_, '_, 'm, F>, i: usize, g: &Plane<F>) {
        self.with_tangents(|run, tangents| {
            let Some(tangent) = tangents.gradients[i].take() else { return };
            match walk.task.plan.nodes[i].kind.clone() {
                Kind::Images => {}
                Kind::Conv { .. } => {
                    let (ones, zeros) = unchanged(g.layout());
                    let by_z = [g, &tangent].map(|plane| Mixture { terms: vec![(plane, &ones)], shift: &zeros });
                    let moving = std::mem::replace(&mut tangents.values, NodeValues::none(0));
                    tangents.conv_backward(run.memory, &walk.task, i, (&walk.values, &moving), by_z);
                    tangents.values = moving;
                }
                Kind::Combine(terms) => run.combine_tangent_backward(walk, i, &terms, (g, &tangent), tangents),
                _ => run.memory.rearranged_backward(&walk.task, i, &walk.values, &tangent, &mut tangents.gradients),
            }
            run.memory.buffers.give(tangent);
        });
    }

    fn combine_tangent_backward(
        &mut self,
        walk: &Walk<'_, '_, 'm, F>,
        i: usize,
        terms: &[Term],
        (g, tangent): (&Plane<F>, &Plane<F>),
        tangents: &mut Tangents<F>,
    ) {
        let masks = walk.task.unmasked(i).is_some();
        let masked = [g, tangent].map(|plane| masks.then(|| self.mask(&walk.values, i, plane)));
        let (g, tangent) = (masked[0].as_ref().unwrap_or(g), masked[1].as_ref().unwrap_or(tangent));
        for &term in terms.iter().rev() {
            if walk.reached(term.source.node) {
                self.term_tangent_backward(walk, i, term, (g, tangent), tangents);
            }
        }
        masked.into_iter().flatten().for_each(|plane| self.memory.buffers.give(plane));
    }

    fn term_tangent_backward(
        &mut self,
        walk: &Walk<'_, '_, 'm, F>,
        i: usize,
        Term { source, norm }: Term,
        (g, tangent): (&Plane<F>, &Plane<F>),
        tangents: &mut Tangents<F>,
    ) {
        let norm = norm.and_then(|id| self.norm_tangent_backward(walk, source, id, (g, tangent), tangents));
        let (memory, task, values) = (&mut *self.memory, &walk.task, &walk.values);
        let owned = task.uses[source.node].owner == Some(i);
        if norm.is_none() && !owned {
            return memory.add_to(task, values, &mut tangents.gradients, (source, None), tangent);
        }
        let moving = std::mem::replace(&mut tangents.values, NodeValues::none(0));
        let (ones, zeros) = unchanged(g.layout());
        let by_x = match &norm {
            None => [g, tangent].map(|plane| Mixture { terms: vec![(plane, ones.as_slice())], shift: &zeros }),
            Some(NormBackward { step, tangent: moved }) => {
                let x = values.get(source);
                let terms = vec![(g, step.by_g.as_slice()), (x, &step.by_x)];
                let mut of_tangent = vec![(tangent, step.by_g.as_slice()), (g, &moved.by_g), (x, &moved.by_x)];
                of_tangent.extend(moving.find(source).map(|x| (x, step.by_x.as_slice())));
                [Mixture { terms, shift: &step.constant }, Mixture { terms: of_tangent, shift: &moved.constant }]
            }
        };
        if owned {
            tangents.conv_backward(memory, task, source.node, (values, &moving), by_x);
        } else {
            let plane = memory.mix(&by_x[1], g.layout());
            memory.add_to(task, values, &mut tangents.gradients, (source, None), &plane);
            memory.buffers.give(plane);
        }
        tangents.values = moving;
    }

    /// Returns the backward step of a batch norm and its tangent.
    fn norm_tangent_backward(
        &self,
        walk: &Walk<'_, '_, 'm, F>,
        source: Source,
        id: LayerId,
        (g, tangent): (&Plane<F>, &Plane<F>),
        tangents: &Tangents<F>,
    ) -> Option<NormBackward<F>> {
        let (norm, moving) = (self.norms[id.index()].as_ref()?, tangents.norms[id.index()].as_ref()?);
        let x = walk.values.get(source);
        let sums = Sums {
            g: products(&mut self.threads(), g, x),
            g_tangent: products(&mut self.threads(), tangent, x),
            g_by_tangent: tangents.values.find(source).map(|x| products(&mut self.threads(), g, x)),
        };
        let layout = g.layout();
        Some(moving.backward(norm, &sums, layout.images * layout.height * layout.width))
    }
}

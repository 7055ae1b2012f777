//! Combinations of a run, backward: a sum's gradient goes to each of its terms.
//!
//! A convolution that only this combination reads takes its own backward step with it.

use super::super::combine::{NormFactors, Spread};
use super::super::lanes::Float;
use super::super::layout::{Layout, Plane, Steps};
use super::super::plan::{Source, Term};
use super::combine::products;
use super::conv_backward::Owned;
use super::cuts::images_mut;
use super::norm::NormBackward;
use super::parallel::each;
use super::{Memory, NodeValues, Run, Task};
use crate::network::LayerId;

/// An image, and where its pixels lie.
type Pixels<'a, F> = (&'a [F], Steps);

/// The backward step of a term's batch norm, with the batch norm's input.
pub(super) struct Through<F> {
    norm: NormBackward<F>,
    source: Source,
}

impl<F: Float> Run<'_, '_, F> {
    /// Hands node `i`'s gradient on to its terms.
    pub(super) fn combine_backward(&mut self, i: usize, terms: &[Term], g: Plane<F>) {
        let g = match self.masked(i, &g) {
            Some(masked) => {
                self.memory.buffers.give(g);
                masked
            }
            None => g,
        };
        let mut convs = Vec::new();
        let mut others = Vec::new();
        for term in terms.iter().rev() {
            let norm = term.norm.map(|id| self.norm_backward(term.source, id, &g));
            let through = norm.map(|norm| Through { norm, source: term.source });
            if !self.reached(term.source.node) {
                continue;
            }
            if self.task.uses[term.source.node].owner != Some(i) {
                others.push((term.source, through));
                continue;
            }
            // The convolution's output is needed once more, chunk by chunk just before the same chunk of the gradient by its
            // input is stored: they can share a plane, which saves memory and a trip to it, if no other backward pass comes.
            let output = if self.last { self.values.take(term.source) } else { None };
            convs.extend(self.conv_backward(term.source.node, Some(Owned { through, output })));
        }
        self.convs_backward(convs, &g);
        let mut g = Some(g);
        let last = others.len().saturating_sub(1);
        for (place, (source, through)) in others.into_iter().enumerate() {
            let plain = through.is_none() && !(source.rectified && self.task.plan.fused);
            let free = self.gradients[source.node].is_none();
            match g.take() {
                Some(plane)
                    if plain && free && place == last && plane.layout() == self.task.gradient_layout(source.node) =>
                {
                    self.gradients[source.node] = Some(plane);
                }
                Some(plane) => {
                    self.memory.add_to(
                        &self.task,
                        &self.values,
                        &mut self.gradients,
                        (source, through.as_ref()),
                        &plane,
                    );
                    g = Some(plane);
                }
                None => {}
            }
        }
        if let Some(plane) = g {
            self.memory.buffers.give(plane);
        }
    }

    /// Where ReLUs are nodes by themselves, their gradient comes in unmasked: this masks it.
    pub(super) fn masked(&mut self, i: usize, g: &Plane<F>) -> Option<Plane<F>> {
        if self.task.plan.fused || self.task.plan.nodes[i].relus.is_empty() {
            return None;
        }
        let mut masked = self.memory.buffers.take(g.layout());
        let value = Source { node: i, rectified: true };
        let (gate, steps) = (self.values.get(value), masked.layout().steps());
        each(&mut self.threads(), images_mut(&mut masked).enumerate(), |(), (n, to)| {
            spread(g, n, (to, steps), None, Some(gate), false);
        });
        Some(masked)
    }

    /// The backward step of a batch norm; notes the gradients by its parameters.
    fn norm_backward(&mut self, source: Source, id: LayerId, g: &Plane<F>) -> NormBackward<F> {
        let layout = g.layout();
        let moments = products(&mut self.threads(), g, self.values.get(source));
        let norm = self.norms[id.index()].as_ref().expect("a batch norm that gets a gradient has run");
        let step = norm.backward(&moments, layout.images * layout.height * layout.width);
        if self.audience.seen.weight_gradients {
            for (place, values) in [&step.by_scale, &step.by_shift].into_iter().enumerate() {
                let mut plane = self.memory.buffers.take(Layout::flat(values.len()));
                plane.all_mut().copy_from_slice(values);
                self.by_parameter[self.task.parameter(id, place).0] = Some(plane);
            }
        }
        step
    }

    /// The backward step of a convolution whose gradient has been collected in a plane.
    pub(super) fn conv_backward_whole(&mut self, i: usize, g: Plane<F>) {
        let step = self.conv_backward(i, None);
        self.convs_backward(step.into_iter().collect(), &g);
        self.memory.buffers.give(g);
    }
}

impl<F: Float> Memory<F> {
    /// Adds a sum's gradient to that of one of its terms, which comes with the batch norm it goes through.
    pub(super) fn add_to(
        &mut self,
        task: &Task<'_>,
        values: &NodeValues<F>,
        gradients: &mut [Option<Plane<F>>],
        (source, through): (Source, Option<&Through<F>>),
        g: &Plane<F>,
    ) {
        let (mut to, add) = match gradients[source.node].take() {
            Some(plane) => (plane, true),
            None => (self.buffers.take(task.gradient_layout(source.node)), false),
        };
        let gate = (source.rectified && task.plan.fused).then(|| values.get(source));
        let x = through.map(|through| (through, values.get(through.source)));
        let steps = to.layout().steps();
        each(&mut self.threads(), images_mut(&mut to).enumerate(), |(), (n, to)| {
            let x = x.map(|(through, x)| (through, (x.image(n), x.layout().steps())));
            spread(g, n, (to, steps), x, gate, add);
        });
        gradients[source.node] = Some(to);
    }
}

/// Hands image `n` of a sum's gradient on to an image of another plane; the batch norm between them comes with that image
/// of its input.
pub(super) fn spread<F: Float>(
    g: &Plane<F>,
    n: usize,
    to: (&mut [F], Steps),
    through: Option<(&Through<F>, Pixels<'_, F>)>,
    gate: Option<&Plane<F>>,
    add: bool,
) {
    let layout = g.layout();
    Spread {
        rows: layout.height,
        columns: layout.width,
        channels: layout.channels,
        g: (g.image(n), layout.steps()),
        norm: through.map(|(Through { norm, .. }, (x, steps))| NormFactors {
            x,
            steps,
            by_g: &norm.by_g,
            by_x: &norm.by_x,
            constant: &norm.constant,
        }),
        gate: gate.map(|gate| (gate.image(n), gate.layout().steps())),
        out: to,
        add,
    }
    .run();
}

//! The backward step of combinations: a sum's gradient goes to each of its terms.
//!
//! A convolution that only this combination reads runs its backward step along with it.

use super::super::combine::{NormFactors, Spread};
use super::super::lanes::Float;
use super::super::layout::{Layout, Steps};
use super::super::plane::Plane;
use super::combine::products;
use super::cuts::images_mut;
use super::norm::NormBackward;
use super::parallel::each;
use super::{Cpu, Memory, NodeValues, Walk};
use crate::engine::walk::Task;
use crate::engine::walk::plan::Source;
use crate::network::LayerId;

/// An image, and the location of its pixels.
type Pixels<'a, F> = (&'a [F], Steps);

/// The backward step of a term's batch norm, with the batch norm's input.
pub(in crate::engine) struct Through<F> {
    norm: NormBackward<F>,
    source: Source,
}

impl<'m, F: Float> Cpu<'m, F> {
    /// Masks the gradient of a node whose ReLU layers are separate nodes: it passes where their inputs are positive.
    pub(super) fn mask(&mut self, values: &NodeValues<F>, i: usize, g: &Plane<F>) -> Plane<F> {
        let mut masked = self.memory.buffers.take(g.layout());
        let value = Source { node: i, activated: true };
        let (gate, steps) = (values.get(value), masked.layout().steps());
        each(&mut self.threads(), images_mut(&mut masked).enumerate(), |(), (n, to)| {
            spread(g, n, (to, steps), None, Some(gate), false);
        });
        masked
    }

    /// Computes the backward step of a batch norm and keeps the gradients of its parameters.
    pub(super) fn norm_step(
        &mut self,
        walk: &Walk<'_, '_, 'm, F>,
        source: Source,
        id: LayerId,
        g: &Plane<F>,
    ) -> Through<F> {
        let layout = g.layout();
        let moments = products(&mut self.threads(), g, walk.values.get(source));
        let norm = self.norms[id.index()].as_ref().expect("a batch norm that gets a gradient has run");
        let step = norm.backward(&moments, layout.images * layout.height * layout.width);
        if walk.audience.seen.weight_gradients && walk.task.norm(id).0.is_some() {
            for (place, values) in [&step.by_scale, &step.by_shift].into_iter().enumerate() {
                let mut plane = self.memory.buffers.take(Layout::flat(values.len()));
                plane.all_mut().copy_from_slice(values);
                self.by_parameter[walk.task.parameter(id, place).0] = Some(plane);
            }
        }
        Through { norm: step, source }
    }
}

impl<F: Float> Memory<F> {
    /// Adds a sum's gradient to that of one of its terms, which comes with the batch norm in between, if any.
    pub(super) fn add_to(
        &mut self,
        task: &Task<'_>,
        values: &NodeValues<F>,
        gradients: &mut [Option<Plane<F>>],
        (source, through): (Source, Option<&Through<F>>),
        g: &Plane<F>,
    ) {
        let slot = task.slot(source);
        let (mut to, add) = match gradients[slot].take() {
            Some(plane) => (plane, true),
            None => (self.buffers.take(self.gradient_layout(task, source.node)), false),
        };
        let gate = task.gates(source).then(|| values.get(source));
        let x = through.map(|through| (through, values.get(through.source)));
        let steps = to.layout().steps();
        each(&mut self.threads(), images_mut(&mut to).enumerate(), |(), (n, to)| {
            let x = x.map(|(through, x)| (through, (x.image(n), x.layout().steps())));
            spread(g, n, (to, steps), x, gate, add);
        });
        gradients[slot] = Some(to);
    }
}

/// Passes image `n` of a sum's gradient on to an image of another plane; a batch norm in between comes with the corresponding
/// image of its input.
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

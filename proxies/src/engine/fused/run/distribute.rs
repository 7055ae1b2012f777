//! Combinations of a run, backward: a sum's gradient goes to each of its terms.
//!
//! A convolution that only this combination reads takes its own backward step here, a chunk of images at a time: the
//! gradient by its output is made in a scratch plane and used for the gradients by its weights and by its input while it
//! is in cache.

use super::super::combine::{NormFactors, Spread};
use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use super::super::plan::{Source, Term};
use super::combine::products;
use super::convolve::ConvBackward;
use super::norm::NormBackward;
use super::{Run, chunks};
use crate::network::LayerId;

/// The backward step of a term's batch norm, with the batch norm's input.
struct Through<F> {
    norm: NormBackward<F>,
    source: Source,
}

/// A convolution that a combination owns.
struct Owned<F> {
    step: ConvBackward<F>,
    /// The batch norm between the two.
    through: Option<Through<F>>,
    /// The convolution's output; `None` if it is where the gradient by the convolution's input is going.
    output: Option<Plane<F>>,
    /// A chunk of the gradient by the convolution's output.
    scratch: Plane<F>,
}

impl<F: Float> Run<'_, '_, F> {
    /// Hands node `i`'s gradient on to its terms.
    pub(super) fn combine_backward(&mut self, i: usize, terms: &[Term], g: Plane<F>) {
        let g = self.masked(i, g);
        let mut convs = Vec::new();
        let mut others = Vec::new();
        for term in terms.iter().rev() {
            let norm = term.norm.map(|id| self.norm_backward(term.source, id, &g));
            let through = norm.map(|norm| Through { norm, source: term.source });
            if !self.task.uses[term.source.node].reached {
                continue;
            }
            if self.task.uses[term.source.node].owner != Some(i) {
                others.push((term.source, through));
                continue;
            }
            // The convolution's output is needed once more, chunk by chunk just before the same chunk of the gradient by its
            // input is stored: they can share a plane, which saves memory and a trip to it.
            let mut output = self.values.take(term.source);
            if let Some(step) = self.conv_backward(term.source.node, &mut output) {
                let border = self.border_of(&step);
                let size = chunks(g.layout()).next().map_or(0, |images| images.len());
                let layout = Layout { images: size, border, ..g.layout() };
                convs.push(Owned { step, through, output, scratch: self.memory.buffers.take(layout) });
            }
        }
        self.convs_backward(&mut convs, &g);
        for Owned { step, output, scratch, .. } in convs {
            output.into_iter().chain([scratch]).for_each(|plane| self.memory.buffers.give(plane));
            self.conv_backward_end(step, &g);
        }
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
                    self.add_to(source, through.as_ref(), &plane);
                    g = Some(plane);
                }
                None => {}
            }
        }
        if let Some(plane) = g {
            self.memory.buffers.give(plane);
        }
    }

    /// Where ReLUs are nodes by themselves, their gradient comes in unmasked.
    fn masked(&mut self, i: usize, g: Plane<F>) -> Plane<F> {
        if self.task.plan.fused || self.task.plan.nodes[i].relus.is_empty() {
            return g;
        }
        let mut masked = self.memory.buffers.take(g.layout());
        let value = Source { node: i, rectified: true };
        for n in 0..self.images() {
            spread(&g, n, (&mut masked, n), None, Some(self.values.get(value)), false);
        }
        self.memory.buffers.give(g);
        masked
    }

    /// The backward step of a batch norm; notes the gradients by its parameters.
    fn norm_backward(&mut self, source: Source, id: LayerId, g: &Plane<F>) -> NormBackward<F> {
        let layout = g.layout();
        let moments = products(g, self.values.get(source));
        let norm = self.norms[id.index()].as_ref().expect("a batch norm that gets a gradient has run");
        let step = norm.backward(&moments, layout.images * layout.height * layout.width);
        if self.task.pass.watch.weight_gradients {
            for (place, values) in [&step.by_scale, &step.by_shift].into_iter().enumerate() {
                let mut plane = self.memory.buffers.take(Layout::flat(values.len()));
                plane.all_mut().copy_from_slice(values);
                self.by_parameter[self.task.parameter(id, place).0] = Some(plane);
            }
        }
        step
    }

    fn convs_backward(&mut self, convs: &mut [Owned<F>], g: &Plane<F>) {
        for images in chunks(g.layout()) {
            for Owned { step, through, output, scratch } in convs.iter_mut() {
                let output = output.as_ref().or(self.gradients[step.input.node].as_ref());
                for (place, n) in images.clone().enumerate() {
                    let x = through.as_ref().zip(output);
                    spread(g, n, (scratch, place), x, None, false);
                }
                self.conv_backward_chunk(step, images.clone(), super::chunk(scratch, 0..images.len()));
            }
        }
    }

    /// Adds a sum's gradient to that of one of its terms.
    fn add_to(&mut self, source: Source, through: Option<&Through<F>>, g: &Plane<F>) {
        let (mut to, add) = match self.gradients[source.node].take() {
            Some(plane) => (plane, true),
            None => (self.memory.buffers.take(self.task.gradient_layout(source.node)), false),
        };
        let gate = (source.rectified && self.task.plan.fused).then(|| self.values.get(source));
        for n in 0..self.images() {
            let x = through.map(|through| (through, self.values.get(through.source)));
            spread(g, n, (&mut to, n), x, gate, add);
        }
        self.gradients[source.node] = Some(to);
    }

    /// The backward step of a convolution whose gradient has been collected in a plane.
    pub(super) fn conv_backward_whole(&mut self, i: usize, g: Plane<F>) {
        if let Some(mut step) = self.conv_backward(i, &mut None) {
            for images in chunks(g.layout()) {
                self.conv_backward_chunk(&mut step, images.clone(), super::chunk(&g, images));
            }
            self.conv_backward_end(step, &g);
        }
        self.memory.buffers.give(g);
    }
}

/// Hands image `n` of a sum's gradient on to image `place` of `to`.
fn spread<F: Float>(
    g: &Plane<F>,
    n: usize,
    (to, place): (&mut Plane<F>, usize),
    through: Option<(&Through<F>, &Plane<F>)>,
    gate: Option<&Plane<F>>,
    add: bool,
) {
    let layout = g.layout();
    let steps = to.layout().steps();
    Spread {
        rows: layout.height,
        columns: layout.width,
        channels: layout.channels,
        g: (g.image(n), layout.steps()),
        norm: through.map(|(Through { norm, .. }, x)| NormFactors {
            x: x.image(n),
            steps: x.layout().steps(),
            by_g: &norm.by_g,
            by_x: &norm.by_x,
            constant: &norm.constant,
        }),
        gate: gate.map(|gate| (gate.image(n), gate.layout().steps())),
        out: (to.image_mut(place), steps),
        add,
    }
    .run();
}

//! How much memory a pass takes, found by going through its steps without running them.

use super::super::FusedSettings;
use super::super::lanes::Float;
use super::packed::sums_layout;
use super::{Memory, layout, winograd};
use crate::engine::observe::{all_of, backward_passes};
use crate::engine::walk::Task;
use crate::engine::walk::plan::{Kind, Source};
use crate::engine::{Objective, Pass, Precision, Watch};
use crate::network::{Network, Weights};

/// Returns about the most bytes of values and gradients that a pass holds at one time. Working memory of single steps is left out,
/// except for weights and their gradients.
pub fn peak(settings: FusedSettings, most_kept: usize, net: &Network, pass: &Pass<'_>, watches: &[Watch]) -> usize {
    let of = match pass.precision {
        Precision::F32 => peak_in::<f32>,
        Precision::F64 => peak_in::<f64>,
    };
    of(settings, most_kept, net, pass, watches)
}

fn peak_in<F: Float>(
    settings: FusedSettings,
    most_kept: usize,
    net: &Network,
    pass: &Pass<'_>,
    watches: &[Watch],
) -> usize {
    let seen = all_of(watches.iter().copied());
    let passes = backward_passes(watches.iter().copied());
    let weights = Weights::absent(net);
    let task = Task::new(net, &weights, pass, (seen, &passes), most_kept / size_of::<F>());
    let memory = Memory::<F> { winograd: winograd(settings, pass), ..Memory::default() };
    let places = 2 * task.plan.nodes.len();
    let (values, gradients) = (vec![0; places], vec![0; places]);
    let mut rehearsal = Rehearsal { memory: &memory, task: &task, values, gradients, held: 0, peak: 0 };
    rehearsal.forward();
    for (i, &seen) in passes.iter().enumerate() {
        rehearsal.backward(seen, i + 1 == passes.len());
    }
    // Each value has a tangent beside it.
    let tangents = if seen.curvature { 2 } else { 1 };
    tangents * rehearsal.peak * size_of::<F>()
}

/// A pass of which only the sizes are known, in numbers.
struct Rehearsal<'a, F> {
    memory: &'a Memory<F>,
    task: &'a Task<'a>,
    /// Two for each node: of its value and of its activation; 0 if it is not held.
    values: Vec<usize>,
    /// In the places that [`Task::slot`] gives.
    gradients: Vec<usize>,
    held: usize,
    peak: usize,
}

/// The place of a value.
fn place(source: Source) -> usize {
    2 * source.node + usize::from(source.activated)
}

impl<F: Float> Rehearsal<'_, F> {
    fn take(&mut self, numbers: usize) -> usize {
        self.held += numbers;
        self.peak = self.peak.max(self.held);
        numbers
    }

    fn release(&mut self, source: Source) {
        self.held -= std::mem::take(&mut self.values[place(source)]);
    }

    fn run(&mut self, node: usize) {
        let combines = matches!(self.task.plan.nodes[node].kind, Kind::Combine(_));
        for source in Source::both(node) {
            let yields = if combines { self.task.uses[node].of(source).read } else { !source.activated };
            if yields {
                self.values[place(source)] = self.take(layout(self.task, source).len());
            }
        }
    }

    fn forward(&mut self) {
        for i in 0..self.task.plan.nodes.len() {
            if !self.task.uses[i].needed {
                continue;
            }
            self.run(i);
            for source in self.task.plan.nodes[i].kind.sources().into_iter().chain(Source::both(i)) {
                if self.task.uses[source.node].is_over(source, i) {
                    self.release(source);
                }
            }
        }
    }

    fn restore(&mut self, source: Source) {
        let used = &self.task.uses[source.node];
        if !used.again || !used.of(source).wanted || self.values[place(source)] > 0 {
            return;
        }
        self.task.plan.nodes[source.node].kind.sources().into_iter().for_each(|needed| self.restore(needed));
        self.run(source.node);
        Source::both(source.node)
            .into_iter()
            .filter(|&value| !used.of(value).wanted)
            .for_each(|value| self.release(value));
    }

    fn backward(&mut self, seen: Watch, last: bool) {
        let nodes = self.task.plan.nodes.len();
        let before = self.held;
        if seen.objective != Objective::Signs {
            self.collect(self.task.plan.output);
        }
        for i in (0..nodes).rev() {
            let task = self.task;
            task.uses[i].restored.iter().for_each(|&source| self.restore(source));
            if seen.objective == Objective::Signs && self.task.plan.boundaries.contains(&i) {
                self.collect(Source { node: i, activated: false });
            }
            let arrived = self.gradients[i] + self.gradients[nodes + i];
            if arrived > 0 {
                self.step(i, seen, last);
                self.held -= std::mem::take(&mut self.gradients[i]) + std::mem::take(&mut self.gradients[nodes + i]);
            }
            if last || self.task.uses[i].again {
                Source::both(i).into_iter().for_each(|source| self.release(source));
            }
        }
        // Whatever else the pass held, such as gradients with respect to parameters, goes with it.
        self.held = if last { 0 } else { before };
        self.gradients.fill(0);
    }

    /// Makes room for the gradient with respect to a value, unless there is some.
    fn collect(&mut self, source: Source) {
        let slot = self.task.slot(source);
        if self.gradients[slot] == 0 {
            self.gradients[slot] = self.take(self.memory.gradient_layout(self.task, source.node).len());
        }
    }

    fn reached(&self, source: Source, seen: Watch) -> bool {
        let is_images = self.task.plan.nodes[source.node].kind == Kind::Images;
        self.task.uses[source.node].reached && (seen.input_gradient || !is_images)
    }

    fn step(&mut self, i: usize, seen: Watch, last: bool) {
        if self.gradients[i] == 0 {
            self.collect(Source { node: i, activated: false });
        }
        if self.task.convolution(i).is_some() {
            self.convolve(&[i], seen, false);
            return;
        }
        let sources = self.task.plan.nodes[i].kind.sources();
        let (owned, others): (Vec<Source>, Vec<Source>) = (sources.into_iter())
            .filter(|&source| self.reached(source, seen))
            .partition(|source| self.task.uses[source.node].owner == Some(i));
        let owned: Vec<usize> = owned.iter().map(|source| source.node).collect();
        self.convolve(&owned, seen, last);
        others.into_iter().for_each(|source| self.collect(source));
    }

    /// The backward steps of convolutions that run together. Their outputs may be given away if no other pass follows.
    fn convolve(&mut self, convs: &[usize], seen: Watch, last: bool) {
        let mut working = 0;
        for &node in convs {
            let Some(conv) = self.task.convolution(node) else { continue };
            let layer = self.memory.conv(self.task, node, conv);
            let mut output = if last { std::mem::take(&mut self.values[2 * node]) } else { 0 };
            if self.reached(conv.input, seen) {
                let (slot, layout) =
                    (self.task.slot(conv.input), self.memory.gradient_layout(self.task, conv.input.node));
                // The output's plane may become that of the input's gradient.
                if self.gradients[slot] == 0 && output == layout.len() {
                    self.gradients[slot] = std::mem::take(&mut output);
                }
                self.collect(conv.input);
                working += self.take(layer.transposed_len(layout.channels));
            }
            if seen.weight_gradients || seen.curvature {
                let sums = sums_layout(&layer);
                self.take(sums.image());
                working += self.take(sums.len());
            }
            working += output;
        }
        self.held -= working;
    }
}

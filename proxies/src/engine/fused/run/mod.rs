//! The walk's backend on the CPU: the memory of a pass beside the values of its nodes, and the walk's steps as kernels.

mod backend;
mod channel_norm;
mod combine;
mod conv_backward;
mod convolve;
mod cuts;
mod distribute;
mod images;
mod norm;
mod packed;
mod parallel;
mod peak;
mod pools;
mod saliency;
mod signs;
mod tangent;

use super::FusedSettings;
use super::buffers::Buffers;
use super::conv::{self, Scratch};
use super::lanes::Float;
use super::layout::{Layout, padded};
use super::plane::Plane;
use super::pool::Image;
use crate::Result;
use crate::engine::walk::plan::{Kind, Source};
use crate::engine::walk::{self, Convolution, Task, none};
use crate::engine::{Outcome, Pass, Precision, Watcher};
use crate::network::{Network, Weights};
use norm::{Moments, Norm};
pub(super) use peak::peak;
use std::time::Duration;
use tangent::Tangents;

/// The memory that is kept from one run to the next.
#[derive(Debug)]
pub(super) struct Memory<F> {
    buffers: Buffers<F>,
    codes: Vec<u64>,
    /// One for each thread that works inside a network.
    scratch: Vec<Scratch>,
    /// Whether convolutions may use Winograd's kernels in the current run.
    winograd: bool,
}

impl<F> Default for Memory<F> {
    fn default() -> Self {
        Memory { buffers: Buffers::default(), codes: Vec::new(), scratch: Vec::new(), winograd: false }
    }
}

/// A pass on the CPU.
pub(super) struct Cpu<'m, F> {
    memory: &'m mut Memory<F>,
    /// Sums over each convolution's output, for batch norms.
    moments: Vec<Option<Moments>>,
    /// The batch-norm layers that have run.
    norms: Vec<Option<Norm<F>>>,
    /// Gradients of parameters, in the layout of the parameters.
    by_parameter: Vec<Option<Plane<F>>>,
    /// The tangents of all of these, if they are wanted.
    tangents: Option<Tangents<F>>,
    /// The tangents' time that has already been deducted from the times of passes.
    spared: Duration,
}

/// The walk of such a pass.
type Walk<'a, 'o, 'm, F> = walk::Walk<'a, 'o, Cpu<'m, F>>;

/// The values of its nodes.
type NodeValues<F> = walk::NodeValues<Plane<F>>;

/// Whether convolutions may use Winograd's kernels.
fn winograd(settings: FusedSettings, pass: &Pass<'_>) -> bool {
    pass.precision == Precision::F32 && !settings.exact
}

/// Runs a pass.
pub(super) fn run<F: Float>(
    memory: &mut Memory<F>,
    settings: FusedSettings,
    most_kept: usize,
    net: &Network,
    weights: &Weights,
    pass: &Pass<'_>,
    watchers: &mut [Watcher<'_>],
) -> Result<Outcome> {
    memory.scratch.resize_with(settings.threads.max(1), Scratch::default);
    memory.winograd = winograd(settings, pass);
    let outcome = walk::run(net, weights, pass, watchers, most_kept / size_of::<F>(), |task, audience| {
        let curved = audience.seen.curvature;
        Ok(Cpu {
            memory: &mut *memory,
            moments: none(task.plan.nodes.len()),
            norms: none(net.layers().len()),
            by_parameter: none(net.parameters().len()),
            tangents: curved.then(|| Tangents::new(net, &task.plan)),
            spared: Duration::ZERO,
        })
    });
    match outcome {
        Ok(_) => memory.buffers.end_run(),
        Err(_) => memory.buffers.clear(),
    }
    outcome
}

impl<F: Float> Cpu<'_, F> {
    /// The states of threads that need no state.
    fn threads(&self) -> Vec<()> {
        self.memory.threads()
    }
}

impl<F: Float> Memory<F> {
    /// Makes room for a run in another precision that takes this many bytes.
    pub fn make_way(&mut self, bytes: impl FnOnce() -> usize) {
        self.buffers.make_way(bytes);
    }

    /// The most bytes that planes took at one time.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        assert!(self.buffers.has_all(), "a run gives back all planes");
        self.buffers.most_taken()
    }

    /// The states of threads that need no state.
    fn threads(&self) -> Vec<()> {
        vec![(); self.scratch.len()]
    }

    /// Takes a plain run of `len` numbers for each thread.
    fn rows(&mut self, len: usize) -> Vec<Plane<F>> {
        self.scratch.iter().map(|_| self.buffers.take(Layout::flat(len))).collect()
    }

    /// The plane of a node's gradient. That of a convolution has the border that the backward step to its input needs, even if
    /// that step does not run: rounding in sums over a plane depends on its border, but must not depend on what is observed.
    fn gradient_layout(&self, task: &Task<'_>, node: usize) -> Layout {
        let border = match (task.convolution(node), task.uses[node].owner) {
            (Some(conv), None) => self.conv(task, node, conv).gradient_border(),
            _ => 0,
        };
        Layout::new(task.images(), task.shape(node), border)
    }

    /// The convolution of a node.
    fn conv(&self, task: &Task<'_>, node: usize, Convolution { conv, input, .. }: Convolution) -> conv::Layer {
        let (x, z) = (layout(task, input), layout(task, Source { node, activated: false }));
        let layer = conv::Layer::new(&conv, task.shape(input.node).channels, x, z);
        conv::Layer { winograd: self.winograd && layer.suits_winograd(), ..layer }
    }
}

/// The layout of a node's value.
fn layout(task: &Task<'_>, source: Source) -> Layout {
    let shape = task.shape(source.node);
    let layout = Layout::new(task.images(), shape, task.uses[source.node].of(source).border);
    // Convolutions, except depthwise ones, broadcast their inputs, so images that nothing else reads need no padding.
    let only_convolved = |node: usize| {
        let readers = task.plan.nodes.iter().filter(|reader| reader.kind.sources().iter().any(|s| s.node == node));
        readers.into_iter().all(|reader| matches!(reader.kind, Kind::Conv { conv, .. } if conv.groups == 1))
    };
    match task.plan.nodes[source.node].kind {
        Kind::Images if only_convolved(source.node) => Layout { channels: shape.channels, ..layout },
        _ => layout,
    }
}

fn image<F: Float>(plane: &Plane<F>, n: usize) -> Image<'_, F> {
    Image { numbers: plane.image(n), layout: plane.layout() }
}

/// Pads `values` with zeros to the padded number of channels.
fn pad<F: Float>(mut values: Vec<F>) -> Vec<F> {
    values.resize(padded(values.len()), F::default());
    values
}

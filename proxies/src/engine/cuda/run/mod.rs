//! One pass through one network: the state that its steps share.

mod backward;
mod conv;
mod forward;
mod linear;
mod memory;
mod norm;
mod show;

use super::pool::Buffer;
use super::program::Program;
use super::queue::Cuda;
use super::source::Kernel;
use crate::engine::observe::Audience;
use crate::engine::plan::{Kind, Plan, Source};
use crate::engine::uses::{self, NodeUse};
use crate::engine::values::Numbers;
use crate::engine::{Outcome, Pass, Precision, Watcher};
use crate::network::{LayerId, Network, Shape, Weights};
use crate::{Error, Result};
use memory::Memory;
use norm::{Norm, Sums};
use show::Note;
use std::time::{Duration, Instant};

/// What a run reads and never changes.
struct Task<'a> {
    net: &'a Network,
    weights: &'a Weights,
    pass: &'a Pass<'a>,
    plan: Plan,
    uses: Vec<NodeUse>,
    /// Where each parameter starts in a buffer of all of them; one more for where the last ends.
    starts: Vec<usize>,
}

/// A run.
struct Run<'a, 'o> {
    task: Task<'a>,
    audience: Audience<'a, 'o>,
    memory: Memory<'a>,
    /// What has been written down and not run.
    program: Program,
    /// The values that nodes have yielded, and their rectified ones, while something still needs them.
    raw: Vec<Option<Buffer>>,
    rectified: Vec<Option<Buffer>>,
    /// The objective's gradient by each node's value, as far as it has come in.
    gradients: Vec<Option<Buffer>>,
    /// Sums over each convolution's output, for batch norms.
    sums: Vec<Option<Sums>>,
    /// Each batch-norm layer that has run.
    norms: Vec<Option<Norm>>,
    /// All parameters, and the gradients by those that one has reached.
    parameters: Buffer,
    by_parameter: Option<Buffer>,
    arrived: Vec<bool>,
    /// What observers are shown once the program has run.
    notes: Vec<Note>,
    /// Whether no backward pass comes after the present one.
    last: bool,
    /// How long this thread has waited for programs, and its share of the time they ran.
    waited: Duration,
    ran: Duration,
}

/// Runs a pass.
pub(super) fn run(
    cuda: &Cuda,
    net: &Network,
    weights: &Weights,
    pass: &Pass<'_>,
    watchers: &mut [Watcher<'_>],
) -> Result<Outcome> {
    check_size(net, pass.batch.size())?;
    let start = Instant::now();
    let memory = Memory::new(cuda);
    let audience = Audience::new(watchers, pass);
    let passes = audience.backward_passes();
    let plan = Plan::new(net, pass, audience.seen);
    let uses = uses::of_plan(&plan, audience.seen, &passes);
    let mut run = Run::new(Task::new(net, weights, pass, plan, uses), audience, memory)?;
    let logits = run.forward()?;
    let forward = run.since(start);
    let mut backward = Vec::with_capacity(passes.len());
    for (i, &seen) in passes.iter().enumerate() {
        let start = Instant::now();
        run.audience.turn_to(seen);
        let rounds = seen.objective.rounds(pass.batch.size(), logits.len());
        for round in 0..rounds {
            run.last = i + 1 == passes.len() && round + 1 == rounds;
            run.audience.show(|_| true, |to| to.round(round));
            run.backward(seen.objective.by_logits(round, &logits, pass.batch.labels()), &logits)?;
            run.show_weights()?;
        }
        backward.push((seen.objective, run.since(start)));
    }
    Ok(Outcome { logits, forward, backward, curvature: Duration::ZERO })
}

/// Kernels count in 32 bits.
fn check_size(net: &Network, images: usize) -> Result<()> {
    match net.layers().iter().find(|layer| images * layer.shape.len() > i32::MAX as usize) {
        Some(layer) => {
            let reason = format!("{images} images of {} are too many for a CUDA device", layer.shape);
            Err(Error::Layer { layer: layer.name.clone(), reason })
        }
        None => Ok(()),
    }
}

impl<'a> Task<'a> {
    fn new(net: &'a Network, weights: &'a Weights, pass: &'a Pass<'a>, plan: Plan, uses: Vec<NodeUse>) -> Self {
        let mut starts = vec![0];
        for parameter in net.parameters() {
            starts.push(starts[starts.len() - 1] + parameter.len());
        }
        Task { net, weights, pass, plan, uses, starts }
    }

    fn images(&self) -> usize {
        self.pass.batch.size()
    }

    fn shape(&self, node: usize) -> Shape {
        self.plan.nodes[node].shape
    }

    /// Numbers in a node's value.
    fn len(&self, node: usize) -> usize {
        self.images() * self.shape(node).len()
    }

    /// Bytes of a number.
    fn size(&self) -> usize {
        match self.pass.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }

    /// Place of a layer's parameter number `i` in the network's list.
    fn place(&self, layer: LayerId, i: usize) -> usize {
        let place = self.weights.of_layer(layer).nth(i).map(|(place, _)| place);
        place.expect("weights fit their network")
    }

    fn parameter_count(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }
}

impl<'a, 'o> Run<'a, 'o> {
    fn new(task: Task<'a>, audience: Audience<'a, 'o>, mut memory: Memory<'a>) -> Result<Self> {
        let (nodes, layers) = (task.plan.nodes.len(), task.net.layers().len());
        let flat = task.weights.tensors().iter().flatten();
        let numbers = match task.pass.precision {
            Precision::F32 => Numbers::F32(flat.copied().collect()),
            Precision::F64 => Numbers::F64(flat.map(|&w| f64::from(w)).collect()),
        };
        Ok(Run {
            parameters: memory.upload(&numbers)?,
            by_parameter: None,
            arrived: vec![false; task.net.parameters().len()],
            audience,
            memory,
            program: Program::default(),
            raw: vec![None; nodes],
            rectified: vec![None; nodes],
            gradients: vec![None; nodes],
            sums: vec![None; nodes],
            norms: vec![None; layers],
            notes: Vec::new(),
            last: false,
            waited: Duration::ZERO,
            ran: Duration::ZERO,
            task,
        })
    }

    /// Time since the start of a pass, but for what observers and other networks have taken of it.
    fn since(&mut self, start: Instant) -> Duration {
        let (waited, ran) = (std::mem::take(&mut self.waited), std::mem::take(&mut self.ran));
        self.audience.since(start).saturating_sub(waited) + ran
    }

    /// Writes a launch down.
    fn launch(&mut self, kernel: Kernel, grid: [usize; 2], arguments: &impl super::arguments::Arguments) {
        self.program.push(kernel, self.task.pass.precision, grid, arguments);
    }

    /// Runs what has been written down.
    fn flush(&mut self) -> Result<()> {
        let start = Instant::now();
        let program = std::mem::take(&mut self.program);
        self.ran += self.memory.cuda().run(program)?;
        self.waited += start.elapsed();
        Ok(())
    }

    /// So many numbers of the run's precision.
    fn numbers(&mut self, count: usize) -> Result<Buffer> {
        let size = self.task.size();
        self.memory.take(count * size)
    }

    /// The numbers at the start of a buffer, once all that was written down has run.
    fn download(&mut self, from: Buffer, count: usize) -> Result<Numbers> {
        self.flush()?;
        let mut numbers = Numbers::zeros(self.task.pass.precision, count);
        self.memory.cuda().download(from, numbers.bytes_mut())?;
        Ok(numbers)
    }

    /// A value that has been computed and is still needed.
    fn value(&self, source: Source) -> Buffer {
        let values = if source.rectified { &self.rectified } else { &self.raw };
        values[source.node].expect("a value lives from its node's step to its last use")
    }

    /// Whether the present backward pass reaches a node.
    fn reached(&self, node: usize) -> bool {
        let is_images = self.task.plan.nodes[node].kind == Kind::Images;
        self.task.uses[node].reached && (self.audience.seen.input_gradient || !is_images)
    }

    /// Gives back a value that nothing needs any more.
    fn release(&mut self, source: Source) {
        let values = if source.rectified { &mut self.rectified } else { &mut self.raw };
        if let Some(buffer) = values[source.node].take() {
            self.memory.give(buffer);
        }
    }

    /// Where a parameter is.
    fn parameter(&self, layer: LayerId, i: usize) -> u64 {
        let place = self.task.place(layer, i);
        self.parameters.address + (self.task.starts[place] * self.task.size()) as u64
    }

    /// Where the gradient by a parameter goes, if it is seen; notes that it comes.
    fn by_parameter(&mut self, layer: LayerId, i: usize) -> Result<u64> {
        if !self.audience.seen.weight_gradients {
            return Ok(0);
        }
        let place = self.task.place(layer, i);
        let buffer = match self.by_parameter {
            Some(buffer) => buffer,
            None => self.numbers(self.task.parameter_count())?,
        };
        self.by_parameter = Some(buffer);
        self.arrived[place] = true;
        Ok(buffer.address + (self.task.starts[place] * self.task.size()) as u64)
    }
}

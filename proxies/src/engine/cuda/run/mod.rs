//! The walk's backend on a CUDA device: steps are recorded as launches, which run when the walk wants to see numbers.

mod backend;
mod channel_norm;
mod conv;
mod crop;
mod forward;
mod memory;
mod norm;
mod notes;
mod parameters;
mod rearrange;
mod spread;

use super::arguments::Arguments;
use super::pool::Buffer;
use super::program::Program;
use super::queue::Cuda;
use super::source::Kernel;
use super::tuning::Tuning;
use super::work::Works;
use crate::engine::values::Numbers;
use crate::engine::walk::plan::Source;
use crate::engine::walk::{self, Task, none};
use crate::engine::{Outcome, Pass, Precision, Watcher};
use crate::network::{LayerId, Network, Weights};
use crate::{Error, Result};
use memory::Memory;
use norm::{Norm, Sums};
use notes::Note;
pub(super) use parameters::GENERATORS;
use std::time::{Duration, Instant};

/// A pass on a device.
pub(super) struct Gpu<'a> {
    memory: Memory<'a>,
    precision: Precision,
    /// Launches that have been recorded but have not run.
    program: Program,
    /// Sums over each convolution's output, for batch norms.
    sums: Vec<Option<Sums>>,
    /// Each batch-norm layer that has run.
    norms: Vec<Option<Norm>>,
    /// All parameters, the gradients with respect to them, and which of these gradients have been computed.
    parameters: Buffer,
    by_parameter: Option<Buffer>,
    arrived: Vec<bool>,
    /// Where each parameter starts in a buffer of all of them; one more for where the last ends.
    starts: Vec<usize>,
    /// What observers are shown once the program has run.
    notes: Vec<Note>,
    /// How long this thread has waited for programs, and its share of the time they ran.
    waited: Duration,
    ran: Duration,
}

/// The walk of such a pass.
type Walk<'w, 'o, 'a> = walk::Walk<'w, 'o, Gpu<'a>>;

/// Runs a pass.
pub(super) fn run(
    cuda: &Cuda,
    net: &Network,
    weights: &Weights,
    pass: &Pass<'_>,
    watchers: &mut [Watcher<'_>],
) -> Result<Outcome> {
    check_size(net, pass.batch.size())?;
    // Nothing is computed again: networks that do not fit share the device with fewer others.
    walk::run(net, weights, pass, watchers, usize::MAX, |task, _| Gpu::new(cuda, task))
}

/// Checks that sizes fit into the 32 bits in which kernels count.
fn check_size(net: &Network, images: usize) -> Result<()> {
    match net.layers().iter().find(|layer| images * layer.shape.len() > i32::MAX as usize) {
        Some(layer) => {
            let reason = format!("{images} images of {} are too many for a CUDA device", layer.shape);
            Err(Error::Layer { layer: layer.name.clone(), reason })
        }
        None => Ok(()),
    }
}

/// How many numbers a node's value has for the whole batch.
fn len(task: &Task<'_>, node: usize) -> usize {
    task.images() * task.shape(node).len()
}

impl<'a> Gpu<'a> {
    fn new(cuda: &'a Cuda, task: &Task<'_>) -> Result<Self> {
        let mut starts = vec![0];
        for parameter in task.net.parameters() {
            starts.push(starts[starts.len() - 1] + parameter.len());
        }
        let mut gpu = Gpu {
            parameters: Buffer { address: 0, bytes: 0 },
            by_parameter: None,
            arrived: vec![false; task.net.parameters().len()],
            starts,
            memory: Memory::new(cuda),
            precision: task.pass.precision,
            program: Program::default(),
            sums: none(task.plan.nodes.len()),
            norms: none(task.net.layers().len()),
            notes: Vec::new(),
            waited: Duration::ZERO,
            ran: Duration::ZERO,
        };
        gpu.bring_parameters(task)?;
        Ok(gpu)
    }

    /// Bytes per number.
    fn size(&self) -> usize {
        match self.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }

    /// How the kernels were compiled.
    fn tuning(&self) -> Tuning {
        self.memory.cuda().tuning(self.precision)
    }

    /// Records a launch.
    fn launch(&mut self, kernel: Kernel, grid: [usize; 2], arguments: &(impl Arguments + Works)) {
        self.program.push(kernel, self.precision, grid, arguments);
    }

    /// Runs all recorded launches.
    fn flush(&mut self) -> Result<()> {
        let start = Instant::now();
        let program = std::mem::take(&mut self.program);
        self.ran += self.memory.cuda().run(program)?;
        self.waited += start.elapsed();
        Ok(())
    }

    /// Memory for this many numbers of the run's precision.
    fn numbers(&mut self, count: usize) -> Result<Buffer> {
        let size = self.size();
        self.memory.take(count * size)
    }

    /// The first numbers of a buffer, after all recorded launches have run.
    fn download(&mut self, from: Buffer, count: usize) -> Result<Numbers> {
        self.flush()?;
        let mut numbers = Numbers::zeros(self.precision, count);
        self.memory.cuda().download(from, numbers.bytes_mut())?;
        Ok(numbers)
    }

    /// The buffer that collects the gradient with respect to a value, and whether it already holds something to add to.
    fn gradient_of(&mut self, walk: &mut Walk<'_, '_, 'a>, source: Source) -> Result<(Buffer, bool)> {
        let slot = walk.task.slot(source);
        if let Some(buffer) = walk.gradients[slot] {
            return Ok((buffer, true));
        }
        let buffer = self.numbers(len(&walk.task, source.node))?;
        walk.gradients[slot] = Some(buffer);
        Ok((buffer, false))
    }

    /// The address of a parameter.
    fn parameter(&self, task: &Task<'_>, layer: LayerId, i: usize) -> u64 {
        let (place, _) = task.parameter(layer, i);
        self.parameters.address + (self.starts[place] * self.size()) as u64
    }

    /// The address for the gradient with respect to a parameter, which is marked as computed; 0 if that gradient is not seen.
    fn by_parameter(&mut self, walk: &Walk<'_, '_, 'a>, layer: LayerId, i: usize) -> Result<u64> {
        if !walk.audience.seen.weight_gradients {
            return Ok(0);
        }
        let (place, _) = walk.task.parameter(layer, i);
        let buffer = match self.by_parameter {
            Some(buffer) => buffer,
            None => self.numbers(self.starts[self.starts.len() - 1])?,
        };
        self.by_parameter = Some(buffer);
        self.arrived[place] = true;
        Ok(buffer.address + (self.starts[place] * self.size()) as u64)
    }
}

/// The address of a value that has been computed and is still needed.
fn value(walk: &Walk<'_, '_, '_>, source: Source) -> u64 {
    walk.values.get(source).address
}

/// The address of the output of the ReLU that masks the gradient with respect to `source`, 0 if none does.
fn gate(walk: &Walk<'_, '_, '_>, source: Source) -> u64 {
    walk.gate(source).map_or(0, |gate| gate.address)
}

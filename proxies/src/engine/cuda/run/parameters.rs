//! A run's parameters: generated on the device from their counters if their origin is known, otherwise copied to it.

use super::super::arguments::{Address, Generate};
use super::super::pool::Buffer;
use super::super::source::{Kernel, rule_number};
use super::Gpu;
use crate::Result;
use crate::engine::Precision;
use crate::engine::values::Numbers;
use crate::engine::walk::Task;
use crate::network::{Origin, Rule};
use zeronas_random::Stream;

/// Blocks that generate a parameter's values, whatever its size, so that all parameters share one launch.
pub(in super::super) const GENERATORS: usize = 16;

impl Gpu<'_> {
    /// Brings all parameters to the device.
    pub(super) fn bring_parameters(&mut self, task: &Task<'_>) -> Result<()> {
        self.parameters = match task.weights.origin() {
            Some(origin) => self.make(task, origin)?,
            None => {
                let flat = task.weights.tensors().iter().flatten();
                let numbers = match self.precision {
                    Precision::F32 => Numbers::F32(flat.copied().collect()),
                    Precision::F64 => Numbers::F64(flat.map(|&w| f64::from(w)).collect()),
                };
                self.memory.upload(&numbers)?
            }
        };
        Ok(())
    }

    fn make(&mut self, task: &Task<'_>, Origin { init, seed, absolute }: Origin) -> Result<Buffer> {
        let buffer = self.numbers(self.starts[self.starts.len() - 1])?;
        for (parameter, start) in task.net.parameters().iter().zip(self.starts.clone()) {
            let to = buffer.address + (start * self.size()) as u64;
            let stream = Stream::new(&parameter.name, seed);
            let made = Generate::new(to, &stream, init.rule(parameter), parameter.len(), absolute);
            self.launch(Kernel::Generate, [GENERATORS, 1], &made);
        }
        Ok(buffer)
    }
}

impl Generate {
    /// The first `length` values of a stream by this rule, without their signs if `absolute`.
    pub(in super::super) fn new(to: Address, stream: &Stream, rule: Rule, length: usize, absolute: bool) -> Self {
        let (rule, factor) = rule_number(rule);
        let key = stream.key();
        Generate {
            to,
            factor,
            key_high: (key >> 32) as i32,
            key_low: key as i32,
            length: length as i32,
            rule,
            absolute: absolute.into(),
        }
    }
}

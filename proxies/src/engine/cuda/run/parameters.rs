//! A run's parameters: made on the device from their counters where they can be, else copied to it.

use super::super::arguments::Generate;
use super::super::pool::Buffer;
use super::super::source::Kernel;
use super::Gpu;
use crate::Result;
use crate::engine::Precision;
use crate::engine::values::Numbers;
use crate::engine::walk::Task;
use crate::network::{Origin, Rule};
use zeronas_random::Stream;

/// Blocks that make a parameter's values, however many: parameters of all sizes are one launch.
const GENERATORS: usize = 16;

impl Gpu<'_> {
    /// Brings all parameters to the device.
    pub(super) fn bring_parameters(&mut self, task: &Task<'_>) -> Result<()> {
        let counted = task.weights.origin().and_then(|origin| counted(task, origin));
        self.parameters = match counted {
            Some(parameters) => self.make(&parameters)?,
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

    fn make(&mut self, parameters: &[Generate]) -> Result<Buffer> {
        let buffer = self.numbers(self.starts[self.starts.len() - 1])?;
        for (parameter, start) in parameters.iter().zip(self.starts.clone()) {
            let to = buffer.address + (start * self.size()) as u64;
            self.launch(Kernel::Generate, [GENERATORS, 1], &Generate { to, ..*parameter });
        }
        Ok(buffer)
    }
}

/// How each parameter is made; `None` where any is normal, which takes a logarithm and a cosine that are the host's to the bit.
fn counted(task: &Task<'_>, Origin { init, seed, absolute }: Origin) -> Option<Vec<Generate>> {
    let parameter = |parameter: &crate::network::Parameter| {
        let (rule, factor) = match init.rule(parameter) {
            Rule::Constant(value) => (0, value),
            Rule::Symmetric(bound) => (1, bound),
            Rule::Around(start) => (2, start),
            Rule::Normal(_) | Rule::TruncatedNormal(_) => return None,
        };
        let key = Stream::new(&parameter.name, seed).key();
        Some(Generate {
            to: 0,
            factor,
            key_high: (key >> 32) as i32,
            key_low: key as i32,
            length: parameter.len() as i32,
            rule,
            absolute: absolute.into(),
        })
    };
    task.net.parameters().iter().map(parameter).collect()
}

//! The memory of one run.

use super::super::pool::{Buffer, class};
use super::super::queue::Cuda;
use crate::Result;
use crate::engine::values::Numbers;
use std::collections::HashMap;

/// The memory that a run has taken from its device. All of it is given back when the run is over.
pub(super) struct Memory<'a> {
    cuda: &'a Cuda,
    taken: Vec<Buffer>,
    /// What the run has given back, by class: later steps of its program may use it again.
    free: HashMap<usize, Vec<Buffer>>,
}

impl<'a> Memory<'a> {
    pub fn new(cuda: &'a Cuda) -> Self {
        Memory { cuda, taken: Vec::new(), free: HashMap::new() }
    }

    pub fn cuda(&self) -> &'a Cuda {
        self.cuda
    }

    /// Memory for steps of the program. Its initial contents are arbitrary.
    pub fn take(&mut self, bytes: usize) -> Result<Buffer> {
        match self.free.get_mut(&class(bytes)).and_then(Vec::pop) {
            Some(buffer) => Ok(buffer),
            None => self.fresh(bytes),
        }
    }

    /// Gives back a buffer that no later step needs.
    pub fn give(&mut self, buffer: Buffer) {
        self.free.entry(buffer.bytes).or_default().push(buffer);
    }

    /// A buffer with these numbers. It is new to the run, because steps that have not run yet may still use buffers that were given back.
    pub fn upload(&mut self, numbers: &Numbers) -> Result<Buffer> {
        let buffer = self.fresh(numbers.bytes().len())?;
        self.cuda.upload(numbers.bytes(), buffer)?;
        Ok(buffer)
    }

    fn fresh(&mut self, bytes: usize) -> Result<Buffer> {
        let buffer = self.cuda.take(bytes)?;
        self.taken.push(buffer);
        Ok(buffer)
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        self.taken.drain(..).for_each(|buffer| self.cuda.give(buffer));
    }
}

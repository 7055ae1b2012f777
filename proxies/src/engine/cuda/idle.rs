//! A device that computes nothing, to count what a real one would have to do.

use super::device::{Address, Device, Launch};
use crate::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A device that computes nothing. Its memory is not real either: copies from it are zeros.
#[derive(Debug)]
pub struct Idle {
    capacity: usize,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    blocks: HashMap<Address, usize>,
    used: usize,
    most: usize,
    next: Address,
}

impl Idle {
    /// Creates a device with this many bytes of memory.
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Idle { capacity, memory: Mutex::default() })
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the largest number of bytes that were allocated at a time.
    pub fn most(&self) -> usize {
        self.memory().most
    }
}

impl Device for Arc<Idle> {
    fn name(&self) -> &str {
        "idle"
    }

    fn allocate(&self, bytes: usize) -> Result<Address> {
        let mut memory = self.memory();
        if memory.used + bytes > self.capacity {
            return Err(Error::DeviceMemory { device: self.name().into(), bytes });
        }
        memory.used += bytes;
        memory.most = memory.most.max(memory.used);
        memory.next += 1 << 32;
        let address = memory.next;
        memory.blocks.insert(address, bytes);
        Ok(address)
    }

    unsafe fn release(&self, address: Address) {
        let mut memory = self.memory();
        let bytes = memory.blocks.remove(&address).unwrap_or(0);
        memory.used -= bytes;
    }

    unsafe fn upload(&self, _bytes: &[u8], _to: Address) -> Result<()> {
        Ok(())
    }

    unsafe fn download(&self, _from: Address, bytes: &mut [u8]) -> Result<()> {
        bytes.fill(0);
        Ok(())
    }

    unsafe fn launch(&self, _launch: &Launch) -> Result<()> {
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        Ok(())
    }
}

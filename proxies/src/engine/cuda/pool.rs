//! Device memory that is kept for the next network.

use super::device::{Address, Device};
use crate::Result;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A piece of memory, as large as its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buffer {
    pub address: Address,
    pub bytes: usize,
}

/// A size rounded up to one of few classes: eight between a power of two and the next.
pub(super) fn class(bytes: usize) -> usize {
    let step = (bytes.max(1).next_power_of_two() / 16).max(256);
    bytes.max(1).next_multiple_of(step)
}

/// Memory that no network uses at the moment, by class.
#[derive(Debug, Default)]
pub(super) struct Pool {
    free: Mutex<HashMap<usize, Vec<Address>>>,
}

impl Pool {
    fn free(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Vec<Address>>> {
        // Each change is one push or pop: the map is valid even if a thread has panicked.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of at least this many bytes, a new one if the pool has none. If the device is out of memory, all memory in the pool is
    /// freed before another try.
    pub fn take(&self, device: &dyn Device, bytes: usize) -> Result<Buffer> {
        let bytes = class(bytes);
        if let Some(address) = self.free().get_mut(&bytes).and_then(Vec::pop) {
            return Ok(Buffer { address, bytes });
        }
        let address = device.allocate(bytes).or_else(|_| {
            self.empty(device);
            device.allocate(bytes)
        })?;
        Ok(Buffer { address, bytes })
    }

    /// Takes a buffer back that nothing uses any more.
    pub fn give(&self, buffer: Buffer) {
        self.free().entry(buffer.bytes).or_default().push(buffer.address);
    }

    /// Gives all memory back to its device.
    pub fn empty(&self, device: &dyn Device) {
        for address in self.free().drain().flat_map(|(_, addresses)| addresses) {
            // SAFETY: the pool's memory comes from this device, and whoever gave it to the pool no longer uses it.
            unsafe { device.release(address) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn a_class_holds_its_sizes_with_little_waste() {
        for bytes in [0, 1, 255, 256, 257, 1000, 4096, 5000, 1 << 20, (1 << 20) + 1, 123_456_789] {
            let class = class(bytes);
            assert!(class >= bytes && class.is_multiple_of(256), "{bytes}: {class}");
            assert!(bytes < 4096 || class <= bytes + bytes / 8, "{bytes}: {class}");
        }
    }
}

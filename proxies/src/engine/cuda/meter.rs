//! What a device has been asked to do, kernel by kernel, and how long it took.

use super::device::{Address, Device, Launch};
use super::source::Kernel;
use super::tuning::Tuning;
use super::work::Work;
use crate::Result;
use crate::engine::Precision;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// All launches of a kernel in one precision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Entry {
    /// Number of launches.
    pub launches: u64,
    /// Number of blocks of all launches together.
    pub blocks: u64,
    /// The least work that they had to do.
    pub work: Work,
    /// How long they took, if they were timed.
    pub time: Duration,
}

/// A device that keeps count of what another one is asked to do.
pub struct Meter {
    device: Box<dyn Device>,
    timed: bool,
    entries: Mutex<BTreeMap<(Kernel, bool), Entry>>,
    uploaded: AtomicUsize,
    downloaded: AtomicUsize,
}

impl Meter {
    /// Keeps count of what this device is asked to do. With `timed`, every launch is waited for, which shows its own time but makes all
    /// launches together take longer.
    pub fn new(device: Box<dyn Device>, timed: bool) -> Arc<Self> {
        let (uploaded, downloaded) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Meter { device, timed, entries: Mutex::default(), uploaded, downloaded })
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Kernel, bool), Entry>> {
        // Each change is one addition: the counts are valid even if a thread has panicked.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the counts by kernel and whether it is in double precision.
    pub fn read(&self) -> BTreeMap<(Kernel, bool), Entry> {
        self.entries().clone()
    }

    /// Returns the number of bytes copied to the device and from it.
    pub fn copied(&self) -> [usize; 2] {
        [&self.uploaded, &self.downloaded].map(|bytes| bytes.load(Ordering::Relaxed))
    }

    /// Sets all counts to zero.
    pub fn reset(&self) {
        self.entries().clear();
        [&self.uploaded, &self.downloaded].into_iter().for_each(|bytes| bytes.store(0, Ordering::Relaxed));
    }
}

impl Device for Arc<Meter> {
    fn name(&self) -> &str {
        self.device.name()
    }

    fn tuning(&self, precision: Precision) -> Tuning {
        self.device.tuning(precision)
    }

    fn allocate(&self, bytes: usize) -> Result<Address> {
        self.device.allocate(bytes)
    }

    unsafe fn release(&self, memory: Address) {
        // SAFETY: the caller vouches for it.
        unsafe { self.device.release(memory) }
    }

    unsafe fn upload(&self, bytes: &[u8], to: Address) -> Result<()> {
        self.uploaded.fetch_add(bytes.len(), Ordering::Relaxed);
        // SAFETY: the caller vouches for it.
        unsafe { self.device.upload(bytes, to) }
    }

    unsafe fn download(&self, from: Address, bytes: &mut [u8]) -> Result<()> {
        self.downloaded.fetch_add(bytes.len(), Ordering::Relaxed);
        // SAFETY: the caller vouches for it.
        unsafe { self.device.download(from, bytes) }
    }

    fn begin(&self) -> Result<()> {
        // Launches that are timed run one by one.
        if self.timed { self.device.wait() } else { self.device.begin() }
    }

    unsafe fn launch(&self, launch: &Launch) -> Result<()> {
        let start = Instant::now();
        // SAFETY: the caller vouches for it.
        unsafe { self.device.launch(launch)? };
        if self.timed {
            self.device.wait()?;
        }
        let spent = if self.timed { start.elapsed() } else { Duration::ZERO };
        let mut entries = self.entries();
        let entry = entries.entry((launch.kernel, launch.precision == Precision::F64)).or_default();
        entry.launches += 1;
        entry.blocks += launch.grid.iter().map(|&side| u64::from(side)).product::<u64>();
        entry.work += launch.work;
        entry.time += spent;
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        self.device.wait()
    }
}

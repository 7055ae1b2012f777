//! The kernels on the CPU, to test them and the engine around them without a GPU.
//!
//! The C++ compiler `c++` (or the one in `CXX`) compiles the same source, with a loop for a block's threads, into a library that is loaded.
//! It computes what a GPU computes, except for the rounding of fused multiply-adds, and is slow.

use super::cache;
use super::device::{Address, Device, Launch};
use super::kept::Kind;
use super::source::source;
use super::tuning::Tuning;
use crate::engine::Precision;
use crate::{Error, Result};
use libloading::Library;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// A kernel on the host: the table, and the numbers of blocks.
type Entry = unsafe extern "C" fn(Address, u32, u32, u32);

/// A device made of the host's memory and processor.
pub struct Emulation {
    single: Library,
    double: Library,
    tuning: Tuning,
    /// What has been allocated, by address.
    memory: Mutex<Memory>,
    capacity: usize,
}

#[derive(Default)]
struct Memory {
    blocks: HashMap<Address, Vec<u64>>,
    bytes: usize,
}

impl Emulation {
    /// Compiles the kernels, if that has not been done on this machine, and loads them. `capacity` is the device's memory in bytes.
    ///
    /// # Errors
    /// If there is no C++ compiler, or its output cannot be used.
    pub fn new(capacity: usize) -> Result<Self> {
        Emulation::tuned(capacity, Tuning::default())
    }

    /// Does the same with kernels of this tuning, in 32 and 64 bits.
    ///
    /// # Errors
    /// As [`Emulation::new`].
    pub fn tuned(capacity: usize, tuning: Tuning) -> Result<Self> {
        let [single, double] = [Precision::F32, Precision::F64].map(|precision| library(&source(precision, &tuning)));
        Ok(Emulation { single: single?, double: double?, tuning, memory: Mutex::default(), capacity })
    }

    /// Returns the kind of device under which a tuning for the emulation is kept.
    pub fn kind() -> Kind {
        Kind::new("emulation", &compiler())
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Device { device: "emulation".into(), reason: reason.to_string() }
}

/// The C++ compiler.
fn compiler() -> String {
    std::env::var("CXX").unwrap_or_else(|_| "c++".into())
}

/// The path of the library compiled from this source.
pub(super) fn compiled(source: &str) -> Result<PathBuf> {
    let compiler = compiler();
    let vectors = vectors();
    let what = [&[source, &compiler], vectors].concat();
    cache::file(&what, "so", |to| compile(&compiler, vectors, source, to))
}

/// The compiler's flags for this processor's vector instructions. They are part of the hash under which a library is kept, so that
/// one compiled on another machine with the same home folder is never used.
fn vectors() -> &'static [&'static str] {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return &["-mavx2", "-mfma"];
    }
    &[]
}

/// The same, loaded.
pub(super) fn library(source: &str) -> Result<Library> {
    let path = compiled(source)?;
    // SAFETY: the library was made from kernels' source, which has no code that runs when it is loaded.
    unsafe { Library::new(&path) }.map_err(failed)
}

fn compile(compiler: &str, vectors: &[&str], source: &str, to: &Path) -> Result<()> {
    let text = to.with_extension("cpp");
    std::fs::write(&text, source).map_err(failed)?;
    let run = Command::new(compiler)
        .args(["-std=c++17", "-O3", "-shared", "-fPIC", "-w", "-include", "cmath"])
        .args(vectors)
        .arg("-o")
        .args([to, &text])
        .output();
    std::fs::remove_file(&text).map_err(failed)?;
    let run = run.map_err(|error| failed(format!("no C++ compiler `{compiler}`: {error}")))?;
    if !run.status.success() {
        return Err(failed(format!("{compiler}: {}", String::from_utf8_lossy(&run.stderr))));
    }
    Ok(())
}

impl Device for Emulation {
    fn name(&self) -> &str {
        "emulation"
    }

    fn tuning(&self, _precision: Precision) -> Tuning {
        self.tuning
    }

    fn allocate(&self, bytes: usize) -> Result<Address> {
        let mut memory = self.memory();
        if memory.bytes + bytes > self.capacity {
            return Err(Error::DeviceMemory { device: self.name().into(), bytes });
        }
        // Memory starts as NaN, so that nothing can rely on zeros.
        let mut block = vec![u64::MAX; bytes.div_ceil(8)];
        let address = block.as_mut_ptr() as Address;
        memory.bytes += size_of_val(block.as_slice());
        memory.blocks.insert(address, block);
        Ok(address)
    }

    unsafe fn release(&self, address: Address) {
        let mut memory = self.memory();
        if let Some(block) = memory.blocks.remove(&address) {
            memory.bytes -= size_of_val(block.as_slice());
        }
    }

    unsafe fn upload(&self, bytes: &[u8], to: Address) -> Result<()> {
        // SAFETY: the caller has that much memory there for itself.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to as *mut u8, bytes.len()) };
        Ok(())
    }

    unsafe fn download(&self, from: Address, bytes: &mut [u8]) -> Result<()> {
        // SAFETY: the caller has that much memory there, which nothing writes.
        unsafe { std::ptr::copy_nonoverlapping(from as *const u8, bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    unsafe fn launch(&self, launch: &Launch) -> Result<()> {
        let library = match launch.precision {
            Precision::F32 => &self.single,
            Precision::F64 => &self.double,
        };
        // SAFETY: every kernel has this signature on the host.
        let entry = unsafe { library.get::<Entry>(launch.kernel.name()) }.map_err(failed)?;
        let [x, y, z] = launch.grid;
        // SAFETY: the caller's table and the addresses in it are in the host's memory.
        unsafe { entry(launch.table, x, y, z) };
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        Ok(())
    }
}

//! CUDA devices. The driver is looked for only when one is opened, so that the program also starts without it.

use super::device::{Address, Device, Launch};
use super::kept::Kind;
use super::nvrtc;
use super::queue::Cuda;
use super::source::{BLOCK, Kernel};
use super::tuning::Tuning;
use crate::engine::Precision;
use crate::{Error, Result};
use cudarc::driver::{result, sys};
use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An NVIDIA GPU.
pub struct Driver {
    /// `cuda:N, NAME`.
    name: String,
    device: sys::CUdevice,
    context: sys::CUcontext,
    /// Kernels are launched here, one after another.
    stream: sys::CUstream,
    kernels: HashMap<(Kernel, Precision), sys::CUfunction>,
    tuning: Tuning,
    /// Whether launches are being collected for a graph.
    collecting: AtomicBool,
}

// SAFETY: the driver's handles may be used from any thread in which their context is current; every call sees to that.
unsafe impl Send for Driver {}
// SAFETY: as above; the driver's functions may be called from several threads at a time.
unsafe impl Sync for Driver {}

/// Each thread's own stream: copies of different threads do not wait for one another, nor for kernels.
fn own_stream() -> sys::CUstream {
    std::ptr::without_provenance_mut(2)
}

impl Cuda {
    /// Opens CUDA device number `ordinal`, to be shared by engines. The first time, this compiles the kernels for it, which takes some
    /// seconds.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no driver, no such device, or no NVRTC.
    pub fn open(ordinal: usize) -> Result<Arc<Self>> {
        Ok(Cuda::on(Driver::open(ordinal, Tuning::default())?))
    }
}

impl Driver {
    /// Opens CUDA device number `ordinal`, with its kernels for 32-bit numbers compiled according to `tuning`.
    ///
    /// # Errors
    /// As [`Cuda::open`], and if the device has no room for such kernels.
    pub fn open(ordinal: usize, tuning: Tuning) -> Result<Self> {
        let (device, name) = find(ordinal)?;
        let name = format!("cuda:{ordinal}, {name}");
        let failed = |reason: String| Error::Device { device: name.clone(), reason };
        let told = |error: result::DriverError| failed(describe(error));
        use sys::CUdevice_attribute::{
            CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
            CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR,
        };
        // SAFETY: the device exists.
        let [major, minor] = [MAJOR, MINOR].map(|what| unsafe { result::device::get_attribute(device, what) });
        let architecture = format!("sm_{}{}", major.map_err(told)?, minor.map_err(told)?);
        let cubins = [(Precision::F32, tuning), (Precision::F64, Tuning::of_doubles())]
            .map(|(precision, tuning)| Ok((precision, nvrtc::cubin(precision, &tuning, &architecture)?)));
        // SAFETY: the device exists; the context is given back when the driver is dropped.
        let context = unsafe { result::primary_ctx::retain(device) }.map_err(told)?;
        let mut driver = Driver {
            name: name.clone(),
            device,
            context,
            stream: result::stream::null(),
            kernels: HashMap::new(),
            tuning,
            collecting: AtomicBool::new(false),
        };
        driver.enter()?;
        driver.stream = result::stream::create(result::stream::StreamKind::NonBlocking).map_err(told)?;
        for cubin in cubins {
            let (precision, cubin): (Precision, Vec<u8>) = cubin?;
            // SAFETY: this is a cubin that NVRTC made for this device. The module stays for as long as the context.
            let module = unsafe { result::module::load_data(cubin.as_ptr().cast()) }.map_err(told)?;
            for &kernel in Kernel::ALL {
                let name = CString::new(kernel.name()).map_err(|error| failed(error.to_string()))?;
                // SAFETY: the module is loaded.
                let function = unsafe { result::module::get_function(module, name) }.map_err(told)?;
                driver.kernels.insert((kernel, precision), function);
            }
        }
        Ok(driver)
    }

    /// Returns the kind of CUDA device number `ordinal`, under which its tuning is kept. Compiles nothing.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no driver, or no such device.
    pub fn kind(ordinal: usize) -> Result<Kind> {
        let (_, name) = find(ordinal)?;
        let mut version = 0;
        // SAFETY: the driver's library has been loaded, and writes one number.
        let known = unsafe { sys::cuDriverGetVersion(&mut version) }.result();
        known.map_err(|error| Error::Device { device: format!("cuda:{ordinal}"), reason: describe(error) })?;
        Ok(Kind::new(&name, &format!("CUDA {}.{}", version / 1000, version % 1000 / 10)))
    }

    /// Compiles kernels with this tuning for GPUs of an architecture such as `sm_90` into the user's folder of compiled kernels, where a
    /// later [`Driver::open`] finds them.
    ///
    /// # Errors
    /// If NVRTC is missing, or the kernels cannot be compiled.
    pub fn compile(tuning: Tuning, architecture: &str) -> Result<()> {
        nvrtc::cubin(Precision::F64, &Tuning::of_doubles(), architecture)?;
        nvrtc::cubin(Precision::F32, &tuning, architecture).map(drop)
    }

    fn failed(&self, error: result::DriverError) -> Error {
        Error::Device { device: self.name.clone(), reason: describe(error) }
    }

    /// Makes the context current in this thread.
    fn enter(&self) -> Result<()> {
        // SAFETY: the context is held for as long as this.
        unsafe { result::ctx::set_current(self.context) }.map_err(|error| self.failed(error))
    }
}

impl Driver {
    /// Runs the collected launches as a graph, and waits for them.
    fn run_graph(&self) -> Result<()> {
        let failed = |error| self.failed(error);
        // SAFETY: the stream has been collecting since `begin`; the graph and its executable are used only here, and destroyed once all
        // of it has run.
        unsafe {
            let graph = result::stream::end_capture(self.stream).map_err(failed)?;
            let made = result::graph::instantiate(graph, sys::CUgraphInstantiate_flags(0));
            let run = made.and_then(|executable| {
                let run = result::graph::launch(executable, self.stream)
                    .and_then(|()| result::stream::synchronize(self.stream));
                result::graph::exec_destroy(executable).and(run)
            });
            result::graph::destroy(graph).and(run).map_err(failed)
        }
    }
}

/// Whether the driver's library is on this machine.
#[cfg(not(feature = "candle-cuda"))]
fn is_present() -> bool {
    // SAFETY: the driver's library has no code that does harm when it is loaded.
    unsafe { sys::is_culib_present() }
}

/// A program that is linked with it does not start without.
#[cfg(feature = "candle-cuda")]
fn is_present() -> bool {
    true
}

/// Starts the driver, and returns CUDA device number `ordinal` and its name.
fn find(ordinal: usize) -> Result<(sys::CUdevice, String)> {
    let failed = |reason: String| Error::Device { device: format!("cuda:{ordinal}"), reason };
    let told = |error: result::DriverError| failed(describe(error));
    if !is_present() {
        return Err(failed("the NVIDIA driver's library libcuda.so.1 is not found on this machine".into()));
    }
    result::init().map_err(|error| failed(format!("the NVIDIA driver does not start: {}", describe(error))))?;
    let count = result::device::get_count().map_err(told)?;
    let place = i32::try_from(ordinal).ok().filter(|&place| place < count);
    let place = place.ok_or_else(|| failed(format!("there are {count} CUDA devices, numbered from 0")))?;
    let device = result::device::get(place).map_err(told)?;
    Ok((device, result::device::get_name(device).map_err(told)?))
}

/// What the driver says about an error.
fn describe(error: result::DriverError) -> String {
    let text =
        |text: std::result::Result<&std::ffi::CStr, _>| text.ok().map(|text| text.to_string_lossy().into_owned());
    match (text(error.error_name()), text(error.error_string())) {
        (Some(name), Some(reason)) => format!("{name}, {reason}"),
        _ => format!("error {:?}", error.0),
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.enter().is_ok() {
            // SAFETY: nothing uses the stream or the context after this. Nothing can be done about an error.
            unsafe {
                let _ = result::stream::destroy(self.stream);
                let _ = result::primary_ctx::release(self.device);
            }
        }
    }
}

impl Device for Driver {
    fn name(&self) -> &str {
        &self.name
    }

    fn tuning(&self, precision: Precision) -> Tuning {
        match precision {
            Precision::F32 => self.tuning,
            Precision::F64 => Tuning { graphs: self.tuning.graphs, ..Tuning::of_doubles() },
        }
    }

    fn allocate(&self, bytes: usize) -> Result<Address> {
        self.enter()?;
        // SAFETY: allocating memory does not access any.
        unsafe { result::malloc_sync(bytes) }.map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => Error::DeviceMemory { device: self.name.clone(), bytes },
            _ => self.failed(error),
        })
    }

    unsafe fn release(&self, memory: Address) {
        if self.enter().is_ok() {
            // SAFETY: the caller vouches that nothing uses it. Memory that cannot be freed stays allocated.
            let _ = unsafe { result::free_sync(memory) };
        }
    }

    unsafe fn upload(&self, bytes: &[u8], to: Address) -> Result<()> {
        self.enter()?;
        // SAFETY: the caller has that much memory there for itself, and the bytes stay until the copy is over.
        let copied = unsafe {
            result::memcpy_htod_async(to, bytes, own_stream()).and_then(|()| result::stream::synchronize(own_stream()))
        };
        copied.map_err(|error| self.failed(error))
    }

    unsafe fn download(&self, from: Address, bytes: &mut [u8]) -> Result<()> {
        self.enter()?;
        // SAFETY: the caller has that much memory there, which nothing writes, and the bytes stay until the copy is over.
        let copied = unsafe {
            result::memcpy_dtoh_async(bytes, from, own_stream())
                .and_then(|()| result::stream::synchronize(own_stream()))
        };
        copied.map_err(|error| self.failed(error))
    }

    fn begin(&self) -> Result<()> {
        if self.tuning.graphs == 0 {
            return Ok(());
        }
        self.enter()?;
        // Meanwhile, other threads may use their own streams, and allocate and free memory.
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED;
        // SAFETY: the stream is this driver's own, and one thread at a time launches.
        unsafe { result::stream::begin_capture(self.stream, mode) }.map_err(|error| self.failed(error))?;
        self.collecting.store(true, Ordering::Relaxed);
        Ok(())
    }

    unsafe fn launch(&self, launch: &Launch) -> Result<()> {
        self.enter()?;
        let function = self.kernels[&(launch.kernel, launch.precision)];
        let (mut table, [x, y, z]) = (launch.table, launch.grid);
        let mut arguments = [(&raw mut table).cast::<c_void>()];
        // SAFETY: every kernel takes only the address of its table, which the caller vouches for, and is compiled for such blocks.
        let launched =
            unsafe { result::launch_kernel(function, (x, y, z), (BLOCK, 1, 1), 0, self.stream, &mut arguments) };
        launched.map_err(|error| self.failed(error))
    }

    fn wait(&self) -> Result<()> {
        self.enter()?;
        if self.collecting.swap(false, Ordering::Relaxed) {
            return self.run_graph();
        }
        // SAFETY: the stream is this driver's own.
        unsafe { result::stream::synchronize(self.stream) }.map_err(|error| self.failed(error))
    }
}

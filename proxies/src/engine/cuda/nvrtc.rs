//! The kernels compiled for a GPU by NVRTC, which is looked for only when it is needed.

use super::cache;
use super::source::source;
use super::tuning::Tuning;
use crate::engine::Precision;
use crate::{Error, Result};
use cudarc::nvrtc::{result, sys};
use std::ffi::{CString, c_char};

fn failed(reason: impl Into<String>) -> Error {
    Error::Device { device: "cuda".into(), reason: reason.into() }
}

/// Whether NVRTC is on this machine.
#[cfg(not(feature = "candle-cuda"))]
fn is_present() -> bool {
    // SAFETY: libraries of that name have no code that does harm when it is loaded.
    unsafe { sys::is_culib_present() }
}

/// A program that is linked with it does not start without.
#[cfg(feature = "candle-cuda")]
fn is_present() -> bool {
    true
}

/// The kernels in one precision as a cubin for an architecture such as `sm_90`, compiled if this machine does not have it yet.
///
/// # Errors
/// As [`compile`].
pub(super) fn cubin(precision: Precision, tuning: &Tuning, architecture: &str) -> Result<Vec<u8>> {
    let source = source(precision, tuning);
    let path = cache::file(&[&source, architecture], "cubin", |to| {
        let (cubin, _) = compile(&source, architecture)?;
        std::fs::write(to, cubin).map_err(|error| failed(format!("{}: {error}", to.display())))
    })?;
    std::fs::read(&path).map_err(|error| failed(format!("{}: {error}", path.display())))
}

/// Compiles source to a cubin for an architecture such as `sm_90`, and returns it with the compiler's log.
///
/// # Errors
/// If NVRTC is missing, does not know the architecture, or cannot compile the source.
pub(super) fn compile(source: &str, architecture: &str) -> Result<(Vec<u8>, String)> {
    if !is_present() {
        return Err(failed(
            "the CUDA compiler library NVRTC (libnvrtc.so.13 or .12) is not found: install a CUDA toolkit, or \
             `pip install nvidia-cuda-nvrtc` and add its folder nvidia/cu13/lib to LD_LIBRARY_PATH",
        ));
    }
    let text = CString::new(source).map_err(|error| failed(error.to_string()))?;
    let program = result::create_program(&text, None).map_err(|error| failed(error.to_string()))?;
    let cubin = build(program, architecture);
    // SAFETY: the program was created above, and nothing uses it after this.
    let destroyed = unsafe { result::destroy_program(program) };
    destroyed.map_err(|error| failed(error.to_string())).and(cubin)
}

fn build(program: sys::nvrtcProgram, architecture: &str) -> Result<(Vec<u8>, String)> {
    let options = [format!("--gpu-architecture={architecture}"), "--std=c++17".into(), "--ptxas-options=-v".into()];
    // SAFETY: the program is alive, and the options have no zeros in them.
    let compiled = unsafe { result::compile_program(program, &options) };
    // SAFETY: the program is alive.
    let log = unsafe { result::get_program_log(program) }.unwrap_or_default();
    let log: Vec<u8> = log.into_iter().map(|byte| byte as u8).take_while(|&byte| byte != 0).collect();
    let log = String::from_utf8_lossy(&log).into_owned();
    if let Err(error) = compiled {
        return Err(failed(format!("NVRTC for {architecture}: {error}: {log}")));
    }
    let mut size = 0;
    // SAFETY: the program is alive and compiled.
    let known = unsafe { sys::nvrtcGetCUBINSize(program, &mut size) }.result();
    known.map_err(|error| failed(error.to_string()))?;
    let mut cubin = vec![0u8; size];
    // SAFETY: there is as much room as NVRTC has said it needs.
    let filled = unsafe { sys::nvrtcGetCUBIN(program, cubin.as_mut_ptr().cast::<c_char>()) }.result();
    filled.map_err(|error| failed(error.to_string()))?;
    Ok((cubin, log))
}

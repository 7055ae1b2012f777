//! The kernels compiled for a GPU by NVRTC, which is looked for when it is needed.

use super::cache;
use super::source::source;
use crate::engine::Precision;
use crate::{Error, Result};
use cudarc::nvrtc::{result, sys};
use std::ffi::{CString, c_char};

fn failed(reason: impl Into<String>) -> Error {
    Error::Device { device: "cuda".into(), reason: reason.into() }
}

/// Whether NVRTC is on this machine.
pub(super) fn is_present() -> bool {
    // SAFETY: libraries of that name have no code that does harm when it is loaded.
    unsafe { sys::is_culib_present() }
}

/// The kernels in one precision as a cubin for an architecture such as `sm_90`, compiled if they have not been on this machine.
///
/// # Errors
/// As [`compile`].
pub(super) fn cubin(precision: Precision, architecture: &str) -> Result<Vec<u8>> {
    let path = cache::file(&[&source(precision), architecture], "cubin", |to| {
        let cubin = compile(precision, architecture)?;
        std::fs::write(to, cubin).map_err(|error| failed(format!("{}: {error}", to.display())))
    })?;
    std::fs::read(&path).map_err(|error| failed(format!("{}: {error}", path.display())))
}

/// The kernels in one precision as a cubin for an architecture such as `sm_90`.
///
/// # Errors
/// If NVRTC is not there, or does not know the architecture.
fn compile(precision: Precision, architecture: &str) -> Result<Vec<u8>> {
    if !is_present() {
        return Err(failed(
            "the CUDA compiler library NVRTC (libnvrtc.so.13 or .12) is not found: install a CUDA toolkit, or \
             `pip install nvidia-cuda-nvrtc` and add its folder nvidia/cu13/lib to LD_LIBRARY_PATH",
        ));
    }
    let text = CString::new(source(precision)).map_err(|error| failed(error.to_string()))?;
    let program = result::create_program(&text, None).map_err(|error| failed(error.to_string()))?;
    let cubin = build(program, architecture);
    // SAFETY: the program was created above, and nothing uses it after this.
    let destroyed = unsafe { result::destroy_program(program) };
    destroyed.map_err(|error| failed(error.to_string())).and(cubin)
}

fn build(program: sys::nvrtcProgram, architecture: &str) -> Result<Vec<u8>> {
    let options = [format!("--gpu-architecture={architecture}"), "--std=c++17".into()];
    // SAFETY: the program is alive, and the options have no zeros in them.
    if let Err(error) = unsafe { result::compile_program(program, &options) } {
        // SAFETY: the program is alive.
        let log = unsafe { result::get_program_log(program) }.unwrap_or_default();
        let log: Vec<u8> = log.into_iter().map(|byte| byte as u8).take_while(|&byte| byte != 0).collect();
        return Err(failed(format!("NVRTC for {architecture}: {error}: {}", String::from_utf8_lossy(&log))));
    }
    let mut size = 0;
    // SAFETY: the program is alive and compiled.
    let known = unsafe { sys::nvrtcGetCUBINSize(program, &mut size) }.result();
    known.map_err(|error| failed(error.to_string()))?;
    let mut cubin = vec![0u8; size];
    // SAFETY: there is as much room as NVRTC has said it needs.
    let filled = unsafe { sys::nvrtcGetCUBIN(program, cubin.as_mut_ptr().cast::<c_char>()) }.result();
    filled.map_err(|error| failed(error.to_string()))?;
    Ok(cubin)
}

#[cfg(test)]
mod tests {
    use super::super::source::Kernel;
    use super::*;

    /// H100 and the oldest that NVRTC 13 knows.
    #[test]
    #[ignore = "needs NVRTC on LD_LIBRARY_PATH"]
    fn kernels_compile_for_gpus() {
        for architecture in ["sm_90", "sm_75"] {
            for precision in [Precision::F32, Precision::F64] {
                let cubin = compile(precision, architecture).unwrap();
                for kernel in Kernel::ALL {
                    let name = kernel.name().as_bytes();
                    assert!(
                        cubin.windows(name.len()).any(|bytes| bytes == name),
                        "{architecture}: no {}",
                        kernel.name()
                    );
                }
            }
        }
        let error = compile(Precision::F32, "sm_1").unwrap_err();
        assert!(error.to_string().contains("sm_1"), "{error}");
    }
}

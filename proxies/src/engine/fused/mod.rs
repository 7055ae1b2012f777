//! The fast CPU engine: f32, fused kernels, reused buffers.

#[cfg_attr(not(test), allow(dead_code, unused_imports))]
pub mod winograd;

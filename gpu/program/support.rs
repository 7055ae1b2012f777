//! The golden cases of the tests, on the device that is checked.

use zeronas_proxies::engine::Engine;

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/golden.rs"]
pub mod golden;
#[path = "../../tests/support/rounding.rs"]
pub mod rounding;

/// What the cases call the engine for CUDA devices.
pub fn emulated(_memory: usize) -> Box<dyn Engine> {
    crate::golden::engine()
}

//! What commands that run for long have in common.

use crate::device::cores;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C sets.
pub fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let handler = ctrlc::set_handler({
        let stop = stop.clone();
        move || stop.store(true, Ordering::Relaxed)
    });
    if let Err(error) = handler {
        tracing::warn!("Ctrl-C ends the run at once (what has been written is kept): {error}");
    }
    stop
}

/// Threads asked for, or else one for each core.
pub fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(cores)
}

//! What commands that run for long have in common.

use std::sync::atomic::Ordering;
use zeronas::listener::Stop;

/// A flag that Ctrl-C sets.
pub fn stop_flag() -> Stop {
    let stop = Stop::default();
    let handler = ctrlc::set_handler({
        let stop = stop.clone();
        move || stop.store(true, Ordering::Relaxed)
    });
    if let Err(error) = handler {
        tracing::warn!("Ctrl-C ends the run at once (what has been written is kept): {error}");
    }
    stop
}

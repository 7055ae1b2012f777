//! What long-running commands have in common.

use std::sync::atomic::Ordering;
use zeronas::listener::Stop;

/// What a process exits with that Ctrl-C has ended at once.
const INTERRUPTED: i32 = 130;

/// A flag that Ctrl-C sets. A second one ends the process at once.
pub fn stop_flag() -> Stop {
    let stop = Stop::default();
    let handler = ctrlc::set_handler({
        let stop = stop.clone();
        move || {
            if stop.swap(true, Ordering::Relaxed) {
                // What is written is whole at any moment, as after a kill.
                std::process::exit(INTERRUPTED);
            }
        }
    });
    if let Err(error) = handler {
        tracing::warn!("Ctrl-C ends the run at once (what has been written is kept): {error}");
    }
    stop
}

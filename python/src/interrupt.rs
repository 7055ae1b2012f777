//! Long-running work that Ctrl-C can interrupt.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often signals are checked.
const WAIT: Duration = Duration::from_millis(100);

/// Runs the work on a separate thread, while this one lets other Python threads run and checks for signals. An exception raised
/// by a signal, as by Ctrl-C, sets `stop` and is returned once the work has ended.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    stop: &Arc<AtomicBool>,
    work: impl FnOnce() -> zeronas::Result<T> + Send,
) -> PyResult<T> {
    let done = (Mutex::new(false), Condvar::new());
    let outcome = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let _ending = Ending(&done);
            work()
        });
        let mut interrupt = None;
        while !py.detach(|| wait(&done)) {
            if let Err(exception) = py.check_signals() {
                stop.store(true, Ordering::Relaxed);
                interrupt.get_or_insert(exception);
            }
        }
        let outcome = py.detach(|| worker.join());
        interrupt.map_or(Ok(outcome), Err)
    })?;
    let outcome = outcome.map_err(|_| PyRuntimeError::new_err("a thread has failed"))?;
    outcome.map_err(crate::error::raised)
}

type Done = (Mutex<bool>, Condvar);

/// Waits briefly; returns whether the work is done.
fn wait((done, changed): &Done) -> bool {
    let guard = done.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = changed.wait_timeout_while(guard, WAIT, |done| !*done);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

/// Signals that the work is done, however it ends.
struct Ending<'a>(&'a Done);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let (done, changed) = self.0;
        *done.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}

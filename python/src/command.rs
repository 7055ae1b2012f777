//! `zeronas search` and `zeronas report`, by the words of the command line.

use crate::interrupt::interruptible;
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use zeronas::cli::embedded;

/// Runs a search; what the command would print.
#[pyfunction]
pub fn search(py: Python<'_>, words: Vec<String>) -> PyResult<String> {
    let stop = Arc::new(AtomicBool::new(false));
    interruptible(py, &stop, || embedded::search(&words, &stop))
}

/// Makes a report; what the command would print.
#[pyfunction]
pub fn report(py: Python<'_>, words: Vec<String>) -> PyResult<String> {
    interruptible(py, &Arc::default(), || embedded::report(&words))
}

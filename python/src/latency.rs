//! Tables of operators, from which the latency of networks on any device is predicted.

use crate::interrupt::interruptible;
use crate::space::Space;
use pyo3::prelude::*;
use std::path::PathBuf;
use zeronas::latency::{MeasureRequest, TemplateRequest};
use zeronas::listener::Stop;
use zeronas::space::{Archs, SpaceChoice};

/// Writes the operators of a space, or of the given architectures only; returns the outcome in words.
#[pyfunction]
pub fn latency_template(py: Python<'_>, space: &Space, out: PathBuf, archs: Option<Vec<String>>) -> PyResult<String> {
    let stop = Stop::default();
    let archs = archs.map(|archs| Archs::Named(archs).into());
    let request = TemplateRequest { archs, ..TemplateRequest::new(SpaceChoice::default(), out) };
    interruptible(py, &stop, || Ok(request.run_on(space.space.as_ref(), &stop, &())?.sentence()))
}

/// Fills in the time of a table's operators on this machine; returns how many were measured.
#[pyfunction]
pub fn latency_measure(py: Python<'_>, table: PathBuf, threads: usize, repeats: usize) -> PyResult<usize> {
    let stop = Stop::default();
    interruptible(py, &stop, || Ok(MeasureRequest { table, threads, repeats }.run(&stop, &())?.measured))
}

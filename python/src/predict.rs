//! Predictions of a trained network for pictures.

use crate::error::raised;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use zeronas::predict::{PredictRequest, Predictions};

/// The pictures, the classes, and the bytes of the logits, images x classes in 64-bit floats; then the files that were left out.
type Predicted<'py> = (Vec<PathBuf>, Vec<String>, Bound<'py, PyBytes>, Vec<String>);

/// Runs the network of a training on pictures.
#[pyfunction]
pub fn predict(py: Python<'_>, trained: PathBuf, images: PathBuf, threads: Option<usize>) -> PyResult<Predicted<'_>> {
    let request = PredictRequest { trained, images, out: None, threads };
    let Predictions { classes, images, logits, left_out } = py.detach(|| request.run()).map_err(raised)?;
    let bytes: Vec<u8> = logits.iter().flat_map(|logit| logit.to_ne_bytes()).collect();
    Ok((images, classes, PyBytes::new(py, &bytes), left_out))
}

//! The library's errors as exceptions: `ValueError` for bad input, `OSError` for files, `RuntimeError` for failures.

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use std::error::Error as _;

/// The exception of an error, with the words that the command line would print.
pub fn raised(error: zeronas::Error) -> PyErr {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    match error {
        zeronas::Error::Io { .. } | zeronas::Error::Datasets(zeronas_datasets::Error::Read { .. }) => {
            PyOSError::new_err(text)
        }
        error if error.exit_code() == 2 => PyValueError::new_err(text),
        _ => PyRuntimeError::new_err(text),
    }
}

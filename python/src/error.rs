//! The library's errors as exceptions: `ValueError` for bad input, `OSError` for files, `RuntimeError` for failures.

use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};

/// Converts an error to an exception whose text names settings as keywords.
pub fn raised(error: zeronas::Error) -> PyErr {
    let text = error.told_as(keyword);
    match error {
        zeronas::Error::Io { .. } | zeronas::Error::Datasets(zeronas_datasets::Error::Read { .. }) => {
            PyOSError::new_err(text)
        }
        error if error.exit_code() == 2 => PyValueError::new_err(text),
        _ => PyRuntimeError::new_err(text),
    }
}

/// Returns the name of a setting in Python.
pub fn keyword(setting: &str) -> String {
    format!("{setting}=")
}

//! Benchmark tables.

use crate::error::raised;
use crate::table::Table;
use polars::prelude::{Column, DataFrame};
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::path::PathBuf;

/// The numeric columns of a benchmark, one row per architecture.
#[pyclass(frozen, module = "zeronas")]
pub struct BenchmarkTable {
    table: zeronas_datasets::BenchmarkTable,
    path: PathBuf,
    arch_column: Option<String>,
    /// The temporary folder that contains the file, if it was made for this table.
    #[expect(dead_code, reason = "the folder goes with it")]
    folder: Option<Py<PyAny>>,
}

#[pymethods]
impl BenchmarkTable {
    #[new]
    #[pyo3(signature = (table, *, arch_column = None, folder = None))]
    fn new(table: &Bound<'_, PyAny>, arch_column: Option<String>, folder: Option<Py<PyAny>>) -> PyResult<Self> {
        let py = table.py();
        let (path, folder) = match table.extract::<PathBuf>() {
            Ok(path) => (path, folder),
            Err(_) => py.import("zeronas._frames")?.call_method1("placed", (table,))?.extract()?,
        };
        let table = py.detach(|| zeronas_datasets::BenchmarkTable::open_by(&path, arch_column.as_deref()));
        let table = table.map_err(|error| raised(error.into()))?;
        // Another process, or another working directory, must read the same file.
        let path = path.canonicalize().unwrap_or(path);
        Ok(BenchmarkTable { table, path, arch_column, folder })
    }

    /// Pickles a table as its file.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let frames = py.import("zeronas._frames")?;
        Ok((frames.getattr("benchmark")?, frames.call_method1("kept", (&self.path, &self.arch_column))?))
    }

    fn __len__(&self) -> usize {
        self.table.len()
    }

    fn __contains__(&self, arch: &str) -> bool {
        self.table.row_of(arch).is_some()
    }

    fn __repr__(&self) -> String {
        format!("<zeronas.BenchmarkTable of {} architectures: {}>", self.table.len(), self.columns().join(", "))
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        self.table.numeric_columns()
    }

    #[getter]
    fn fingerprint(&self) -> &str {
        self.table.fingerprint()
    }

    fn archs(&self) -> Vec<&str> {
        self.table.architectures().collect()
    }

    fn column(&self, name: &str) -> PyResult<Vec<Option<f64>>> {
        self.table.column(name).map_err(|error| raised(error.into()))
    }

    fn value(&self, arch: &str, column: &str) -> PyResult<Option<f64>> {
        let row = self.table.row_of(arch);
        let row = row.ok_or_else(|| PyKeyError::new_err(format!("the table has no architecture `{arch}`")))?;
        Ok(self.column(column)?[row])
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let mut columns = vec![Column::new("arch".into(), self.archs())];
        for name in self.columns() {
            columns.push(Column::new(name.as_str().into(), self.column(&name)?));
        }
        let frame = DataFrame::new(self.table.len(), columns);
        let frame = frame.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Table::new(frame).__arrow_c_stream__(py, requested_schema)
    }
}

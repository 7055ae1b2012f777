//! A table that polars, pandas and pyarrow accept as their own, through Arrow's stream interface.

use polars::prelude::{CompatLevel, DataFrame, KeyValueMetadata, ParquetReader, ParquetWriter, SerReader};
use polars_arrow::array::StructArray;
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_arrow::ffi::{ArrowArrayStream, export_iterator};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyCapsule};
use std::io::Cursor;
use zeronas::results::MANIFEST_KEY;

/// Rows of scores or of a benchmark.
#[pyclass(frozen, module = "zeronas")]
pub struct Table {
    frame: DataFrame,
    /// Custom proxies in the table for which lower scores are better.
    lower_is_better: Vec<String>,
    /// How the scores were made, as JSON, as in a score file.
    manifest: Option<String>,
}

/// The function that restores a table, and its arguments.
type Pickled<'py> = (Bound<'py, PyAny>, (Bound<'py, PyBytes>, Vec<String>, Option<String>));

/// Restores a table that was pickled as this Parquet file.
#[pyfunction]
pub fn table(parquet: PyBackedBytes, lower_is_better: Vec<String>, manifest: Option<String>) -> PyResult<Table> {
    let frame = ParquetReader::new(Cursor::new(&*parquet)).finish();
    let frame = frame.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok(Table { frame, lower_is_better, manifest })
}

impl Table {
    pub fn new(frame: DataFrame) -> Self {
        Table { frame, lower_is_better: Vec::new(), manifest: None }
    }

    pub fn of_scores(frame: DataFrame, lower_is_better: Vec<String>, manifest: String) -> Self {
        Table { frame, lower_is_better, manifest: Some(manifest) }
    }
}

#[pymethods]
impl Table {
    #[pyo3(signature = (requested_schema = None))]
    pub fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer may ignore it, and this one does.
        drop(requested_schema);
        stream_capsule(py, &self.frame, self.manifest.as_deref())
    }

    fn __len__(&self) -> usize {
        self.frame.height()
    }

    fn __repr__(&self) -> String {
        format!("<zeronas.Table of {} rows: {}>", self.frame.height(), self.columns().join(", "))
    }

    #[getter]
    fn columns(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(|name| name.to_string()).collect()
    }

    #[getter(_lower_is_better)]
    fn lower_is_better(&self) -> Vec<String> {
        self.lower_is_better.clone()
    }

    #[getter(_manifest)]
    fn manifest(&self) -> Option<&str> {
        self.manifest.as_deref()
    }

    /// Returns the rows as a Parquet file, with the manifest in the same place as in a score file.
    #[pyo3(name = "_parquet")]
    fn parquet<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        let manifest = self.manifest.iter().map(|manifest| (MANIFEST_KEY.to_owned(), manifest.clone()));
        let metadata = KeyValueMetadata::from_static(manifest.collect());
        let writer = ParquetWriter::new(&mut bytes).with_key_value_metadata(Some(metadata));
        let written = writer.finish(&mut self.frame.clone());
        written.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Pickled<'py>> {
        let (py, table) = (slf.py(), slf.get());
        let make = py.import("zeronas._native")?.getattr("table")?;
        Ok((make, (table.parquet(py)?, table.lower_is_better(), table.manifest.clone())))
    }

    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }

    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let frame = Table::to_arrow(slf)?.call_method0("to_pandas")?;
        // Pandas drops the metadata of Arrow's schema, but has its own place for such data.
        if let Some(manifest) = slf.get().manifest() {
            frame.getattr("attrs")?.set_item(MANIFEST_KEY, manifest)?;
        }
        Ok(frame)
    }
}

/// Returns the capsule of a stream of the frame's chunks. Numbers are not copied; text is converted once to the form that all
/// readers of Arrow support.
fn stream_capsule<'py>(py: Python<'py>, frame: &DataFrame, manifest: Option<&str>) -> PyResult<Bound<'py, PyCapsule>> {
    let mut frame = frame.clone();
    frame.align_chunks();
    let level = CompatLevel::oldest();
    let fields: Vec<Field> = frame.columns().iter().map(|column| column.field().to_arrow(level)).collect();
    let dtype = ArrowDataType::Struct(fields);
    let chunks = frame.iter_chunks(level, false);
    let chunks = chunks.map(|chunk| {
        let length = chunk.len();
        StructArray::try_new(dtype.clone(), length, chunk.into_arrays(), None).map(|array| Ok(array.boxed()))
    });
    let chunks = chunks.collect::<Result<Vec<_>, _>>();
    let chunks = chunks.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let metadata = manifest.map(|manifest| (MANIFEST_KEY.into(), manifest.into())).into_iter().collect();
    let schema = Field::new("".into(), dtype, false).with_metadata(metadata);
    let stream: ArrowArrayStream = export_iterator(Box::new(chunks.into_iter()), schema);
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

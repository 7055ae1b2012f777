//! From the bytes of a file to its key and its numeric columns. Only those are decoded from Parquet, so that columns of
//! other types do no harm.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars::prelude::{
    ArrowDataType, CsvParseOptions, CsvReadOptions, DataFrame, DataType, NullValues, ParquetReader, PolarsError,
    PolarsResult, SerReader, StringChunked,
};

use crate::{Error, Result};

/// Names of the architecture column, the first one there is counts.
const KEYS: [&str; 2] = ["arch", "arch_str"];
/// What stands for a missing number in a CSV file besides nothing and `NaN`.
const MISSING: [&str; 3] = ["NA", "nan", "null"];

#[derive(Clone, Copy)]
pub(super) enum Format {
    Parquet,
    Csv,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("parquet") => Ok(Format::Parquet),
            Some("csv") => Ok(Format::Csv),
            _ => Err(Error::TableFormat { path: path.to_owned() }),
        }
    }
}

/// A table split into its key and its numbers.
pub(super) struct Loaded {
    /// Name of the architecture column.
    pub(super) architecture: String,
    pub(super) keys: StringChunked,
    pub(super) values: DataFrame,
}

/// What a column is good for.
#[derive(PartialEq)]
enum Kind {
    Text,
    Number,
    Other,
}

/// Name, kind and type (in words) of a column.
type Described = (String, Kind, String);

pub(super) fn load(path: &Path, format: Format, bytes: &[u8]) -> Result<Loaded> {
    let decode = || match format {
        Format::Parquet => parquet(path, bytes),
        Format::Csv => csv(path, bytes),
    };
    // polars asserts what a damaged page can break (bitmaps shorter than their values), so it panics on some files. Nothing
    // outlives the decoding but its result, which the panic discards.
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        Err(Error::CorruptTable { path: path.to_owned(), reason: "its parts contradict each other".to_owned() })
    })
}

pub(super) fn corrupt(path: &Path, error: PolarsError) -> Error {
    // After the first paragraph follows advice on the options of polars, which are not the user's to set.
    let reason = error.to_string().split("\n\n").next().unwrap_or_default().to_owned();
    Error::CorruptTable { path: path.to_owned(), reason }
}

fn parquet(path: &Path, bytes: &[u8]) -> Result<Loaded> {
    let corrupt = |error| corrupt(path, error);
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let schema = reader.schema().map_err(corrupt)?;
    let rows = reader.num_rows().map_err(corrupt)?;
    let described = schema.iter_values().map(|field| {
        let kind = match field.dtype() {
            ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View => Kind::Text,
            ArrowDataType::Int32 | ArrowDataType::Int64 | ArrowDataType::UInt32 | ArrowDataType::UInt64 => Kind::Number,
            ArrowDataType::Float32 | ArrowDataType::Float64 => Kind::Number,
            _ => Kind::Other,
        };
        (field.name.to_string(), kind, format!("{:?}", field.dtype()))
    });
    let (architecture, numeric) = choose(path, rows, described.collect())?;
    let wanted = std::iter::once(&architecture).chain(&numeric).cloned().collect();
    let frame = reader.with_columns(Some(wanted)).finish().map_err(corrupt)?;
    split(frame, architecture, numeric).map_err(corrupt)
}

fn csv(path: &Path, bytes: &[u8]) -> Result<Loaded> {
    let corrupt = |error| corrupt(path, error);
    let missing = NullValues::AllColumns(MISSING.map(Into::into).to_vec());
    let frame = CsvReadOptions::default()
        .with_parse_options(CsvParseOptions::default().with_null_values(Some(missing)))
        // A type guessed from the first rows fails at the first number with a decimal point after them.
        .with_infer_schema_length(None)
        // Blank lines at the end would be rows without an architecture.
        .into_reader_with_file_handle(Cursor::new(bytes.trim_ascii_end()))
        .finish()
        .map_err(corrupt)?;
    let described = frame.columns().iter().map(|column| {
        let kind = match column.dtype() {
            DataType::String => Kind::Text,
            dtype if dtype.is_primitive_numeric() => Kind::Number,
            _ => Kind::Other,
        };
        (column.name().to_string(), kind, column.dtype().to_string())
    });
    let (architecture, numeric) = choose(path, frame.height(), described.collect())?;
    split(frame, architecture, numeric).map_err(corrupt)
}

/// The names of the architecture column and of the numeric ones, or why the table cannot serve.
fn choose(path: &Path, rows: usize, columns: Vec<Described>) -> Result<(String, Vec<String>)> {
    let path = || path.to_owned();
    if rows == 0 {
        return Err(Error::EmptyTable { path: path() });
    }
    let names = || columns.iter().map(|(name, ..)| name.clone()).collect();
    let key = KEYS.iter().find_map(|key| columns.iter().find(|(name, ..)| name == key));
    let Some((key, kind, found)) = key else {
        return Err(Error::NoArchitectureColumn { path: path(), columns: names() });
    };
    if *kind != Kind::Text {
        return Err(Error::ArchitectureNotText { path: path(), column: key.clone(), found: found.clone() });
    }
    let numeric: Vec<_> =
        columns.iter().filter(|(_, kind, _)| *kind == Kind::Number).map(|(name, ..)| name.clone()).collect();
    if numeric.is_empty() {
        return Err(Error::NoNumericColumn { path: path(), columns: names() });
    }
    Ok((key.clone(), numeric))
}

fn split(frame: DataFrame, architecture: String, numeric: Vec<String>) -> PolarsResult<Loaded> {
    let keys = frame.column(&architecture)?.str()?.clone();
    Ok(Loaded { keys, values: frame.select(numeric)?, architecture })
}

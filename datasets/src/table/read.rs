//! From the bytes of a file to its key and its numeric columns. Only those are decoded from Parquet, so that columns of
//! other types do no harm.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars::prelude::{
    ArrowDataType, CsvParseOptions, CsvReadOptions, DataFrame, DataType, NullValues, ParquetReader, PolarsError,
    PolarsResult, SerReader,
};

use super::official::OPERATIONS;
use crate::{Error, Result};

/// What names the architectures, the first one there is counts: a column of texts, or a cell's edges and operations.
const KEYS: [&[&str]; 4] = [&["arch"], &["arch_str"], &["edge_bits", "ops"], &["module_hash"]];
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
    /// Names of the columns that name the architectures.
    pub(super) architecture: String,
    pub(super) keys: Vec<Option<String>>,
    /// The benchmark's own numbers of the architectures, where a column `index` has them.
    pub(super) indices: Option<Vec<Option<u64>>>,
    /// NAS-Bench-101's names of the architectures, where a column `module_hash` has them.
    pub(super) hashes: Option<Vec<Option<String>>>,
    pub(super) values: DataFrame,
}

/// The columns to read.
struct Chosen {
    keys: &'static [&'static str],
    hashes: bool,
    numeric: Vec<String>,
}

impl Chosen {
    /// All of them, each once.
    fn names(&self) -> Vec<String> {
        let hash = self.hashes.then_some("module_hash");
        let mut names = self.numeric.clone();
        names.extend(self.keys.iter().copied().chain(hash).map(str::to_owned));
        names.sort_unstable();
        names.dedup();
        names
    }
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
    let chosen = choose(path, rows, described.collect())?;
    let frame = reader.with_columns(Some(chosen.names())).finish().map_err(corrupt)?;
    split(path, &frame, &chosen)
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
    let chosen = choose(path, frame.height(), described.collect())?;
    split(path, &frame, &chosen)
}

/// The columns that name the architectures and the numeric ones, or why the table cannot serve.
fn choose(path: &Path, rows: usize, columns: Vec<Described>) -> Result<Chosen> {
    let path = || path.to_owned();
    if rows == 0 {
        return Err(Error::EmptyTable { path: path() });
    }
    let names = || columns.iter().map(|(name, ..)| name.clone()).collect();
    let find = |wanted: &str| columns.iter().find(|(name, ..)| name == wanted);
    let Some(keys) = KEYS.into_iter().find(|keys| keys.iter().all(|key| find(key).is_some())) else {
        return Err(Error::NoArchitectureColumn { path: path(), columns: names() });
    };
    for (name, kind, found) in keys.iter().filter(|name| **name != "edge_bits").filter_map(|name| find(name)) {
        if *kind != Kind::Text {
            return Err(Error::ArchitectureNotText { path: path(), column: name.clone(), found: found.clone() });
        }
    }
    let numeric: Vec<_> =
        columns.iter().filter(|(_, kind, _)| *kind == Kind::Number).map(|(name, ..)| name.clone()).collect();
    if numeric.is_empty() {
        return Err(Error::NoNumericColumn { path: path(), columns: names() });
    }
    let hashes = find("module_hash").is_some_and(|(_, kind, _)| *kind == Kind::Text);
    Ok(Chosen { keys, hashes, numeric })
}

fn split(path: &Path, frame: &DataFrame, chosen: &Chosen) -> Result<Loaded> {
    let texts = |name: &str| -> PolarsResult<Vec<Option<String>>> {
        Ok(frame.column(name)?.str()?.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let numbers = |name: &str| -> PolarsResult<Vec<Option<u64>>> {
        Ok(frame.column(name)?.cast(&DataType::UInt64)?.u64()?.iter().collect())
    };
    let read = || -> PolarsResult<Loaded> {
        let has = |name: &str| chosen.numeric.iter().any(|numeric| numeric == name);
        Ok(Loaded {
            architecture: chosen.keys.join(" and "),
            keys: texts(chosen.keys[chosen.keys.len() - 1])?,
            indices: has("index").then(|| numbers("index")).transpose()?,
            hashes: chosen.hashes.then(|| texts("module_hash")).transpose()?,
            values: frame.select(chosen.numeric.iter().map(String::as_str))?,
        })
    };
    let mut loaded = read().map_err(|error| corrupt(path, error))?;
    if let [edges, _] = chosen.keys {
        let edges = numbers(edges).map_err(|error| corrupt(path, error))?;
        for (row, (ops, edges)) in loaded.keys.iter_mut().zip(edges).enumerate() {
            let cell = ops.as_deref().zip(edges).map(|(ops, edges)| cell(edges, ops));
            let wrong =
                |reason| Error::CorruptTable { path: path.to_owned(), reason: format!("row {}: {reason}", row + 1) };
            *ops = cell.transpose().map_err(wrong)?;
        }
    }
    Ok(loaded)
}

/// A NAS-Bench-101 cell as `BITS;op,op`: bit `x + y (y - 1) / 2` of `edges` is the edge from x to y, and `ops` has a digit an
/// inner vertex.
fn cell(edges: u64, ops: &str) -> std::result::Result<String, String> {
    let names: Option<Vec<&str>> =
        ops.chars().map(|digit| OPERATIONS.get(digit.to_digit(10)? as usize).copied()).collect();
    let names = names.ok_or_else(|| format!("operations {ops:?} are not digits 0 to 2"))?;
    let vertices = names.len() + 2;
    let pairs = vertices * (vertices - 1) / 2;
    if pairs >= 64 || edges >> pairs != 0 {
        return Err(format!("edges {edges} do not fit {vertices} vertices"));
    }
    let edge = |x: usize, y: usize| x < y && edges >> (x + y * (y - 1) / 2) & 1 == 1;
    let bits = (0..vertices * vertices).map(|place| if edge(place / vertices, place % vertices) { '1' } else { '0' });
    Ok(format!("{};{}", bits.collect::<String>(), names.join(",")))
}

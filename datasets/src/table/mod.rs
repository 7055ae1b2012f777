//! Benchmark tables: what is known of each architecture (accuracies, costs, training times), one row an architecture.

pub mod mini;
pub mod official;
mod read;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, PolarsResult};

use crate::{Error, Result, sha256_hex};
use read::{Format, Loaded};

/// The numeric columns of a Parquet or CSV file, keyed by its architecture column.
///
/// That column is called `arch` or `arch_str` and holds each architecture as its benchmark writes it; or cells of
/// NAS-Bench-101 stand in the columns `edge_bits` and `ops` and come out as `BITS;op,op`, or in `module_hash` alone. A
/// column `index` has the architectures' places in their benchmark. Rows keep the order of the file. Numeric are integers
/// and floating-point numbers of 32 or 64 bits; columns of any other type are left aside.
#[derive(Clone, Debug)]
pub struct BenchmarkTable {
    path: PathBuf,
    /// The numeric columns.
    values: DataFrame,
    architectures: Vec<Arc<str>>,
    rows: HashMap<Arc<str>, usize>,
    indices: HashMap<u64, usize>,
    hashes: HashMap<String, usize>,
    fingerprint: String,
}

impl BenchmarkTable {
    /// Reads the table at `path`, Parquet or CSV by the extension. A CSV file has a header; empty fields and `NA`,
    /// `nan` or `null` in it are missing values. The name `zeronas-mini` stands for the table that comes with this crate.
    ///
    /// # Errors
    /// When the file cannot be read or decoded, has another extension, no rows, no architecture column, no numeric
    /// column, a row without an architecture, or the same architecture, index or module hash twice.
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new(mini::NAME) {
            return mini::table();
        }
        let format = Format::of(path)?;
        let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        BenchmarkTable::decode(path, format, &bytes)
    }

    fn decode(path: &Path, format: Format, bytes: &[u8]) -> Result<Self> {
        let Loaded { architecture, keys, indices, hashes, values } = read::load(path, format, bytes)?;

        let mut architectures: Vec<Arc<str>> = Vec::with_capacity(keys.len());
        for (row, key) in keys.into_iter().enumerate() {
            let Some(key) = key else {
                return Err(Error::NullArchitecture { path: path.to_owned(), column: architecture, row: row + 1 });
            };
            architectures.push(key.into());
        }
        let rows = by_key(path, architectures.iter().cloned().map(Some), str::to_owned)?;
        let indices = by_key(path, indices.into_iter().flatten(), |index: &u64| format!("of index {index}"))?;
        let hashes = by_key(path, hashes.into_iter().flatten(), |hash: &String| format!("of module hash {hash}"))?;
        let fingerprint = sha256_hex([bytes]);
        Ok(BenchmarkTable { path: path.to_owned(), values, architectures, rows, indices, hashes, fingerprint })
    }

    /// Number of architectures, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a table has at least one row")]
    pub fn len(&self) -> usize {
        self.architectures.len()
    }

    /// The architectures in the order of the file.
    pub fn architectures(&self) -> impl Iterator<Item = &str> {
        self.architectures.iter().map(AsRef::as_ref)
    }

    /// The row of an architecture, from 0, if the table has it in exactly this writing.
    pub fn row_of(&self, architecture: &str) -> Option<usize> {
        self.rows.get(architecture).copied()
    }

    /// The row, from 0, of the architecture with this place in its benchmark's order.
    pub fn row_of_index(&self, index: u64) -> Option<usize> {
        self.indices.get(&index).copied()
    }

    /// The row, from 0, of the cell with this NAS-Bench-101 module hash.
    pub fn row_of_hash(&self, hash: &str) -> Option<usize> {
        self.hashes.get(hash).copied()
    }

    /// The column to compare with where none is named: `zeronas-mini` has one.
    pub fn target(&self) -> Option<&'static str> {
        (self.path == Path::new(mini::NAME)).then_some(mini::TARGET)
    }

    /// Names of the columns that hold numbers, in the order of the file.
    pub fn numeric_columns(&self) -> Vec<String> {
        self.values.get_column_names().iter().map(|name| name.to_string()).collect()
    }

    /// The values of a numeric column, one a row. Missing values and NaN are `None`; infinities are as in the file.
    ///
    /// # Errors
    /// When there is no numeric column of that name; the error lists those there are.
    pub fn column(&self, name: &str) -> Result<Vec<Option<f64>>> {
        let unknown = |_| Error::UnknownColumn {
            path: self.path.clone(),
            column: name.to_owned(),
            numeric: self.numeric_columns(),
        };
        let column = self.values.column(name).map_err(unknown)?;
        let numbers = || -> PolarsResult<Vec<Option<f64>>> {
            let column = column.cast(&DataType::Float64)?;
            Ok(column.f64()?.iter().map(|value| value.filter(|x| !x.is_nan())).collect())
        };
        numbers().map_err(|error| read::corrupt(&self.path, error))
    }

    /// One value of a numeric column; `None` also where the table has no such column or row.
    pub fn value(&self, row: usize, column: &str) -> Option<f64> {
        let value = self.values.column(column).ok()?.get(row).ok()?;
        value.extract::<f64>().filter(|value| !value.is_nan())
    }

    /// SHA-256 of the file, in hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// Which row has which key; rows without one are left out. `named` says a key in words.
fn by_key<K: Eq + Hash + Borrow<Q>, Q: ?Sized>(
    path: &Path,
    keys: impl Iterator<Item = Option<K>>,
    named: impl Fn(&Q) -> String,
) -> Result<HashMap<K, usize>> {
    let mut rows = HashMap::with_capacity(keys.size_hint().0);
    for (row, key) in keys.enumerate().filter_map(|(row, key)| Some((row, key?))) {
        match rows.entry(key) {
            Entry::Vacant(entry) => entry.insert(row),
            Entry::Occupied(entry) => {
                let (path, architecture) = (path.to_owned(), named(entry.key().borrow()));
                let (first, second) = (entry.get() + 1, row + 1);
                return Err(Error::DuplicateArchitecture { path, architecture, first, second });
            }
        };
    }
    Ok(rows)
}

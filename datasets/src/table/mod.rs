//! Benchmark tables: the known accuracies, costs and training times of architectures, one row per architecture.

pub mod file;
mod keys;
mod list;
pub mod mini;
pub mod official;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::{Error, Result};
use file::{Kind, Numbers, TableFile};
pub use keys::Key;
pub use list::{Listed, list};

/// The numeric columns of a [`TableFile`], with a key that identifies the architecture of each row.
///
/// The key is a column of architectures, such as `arch`, `arch_str` or `net`; or the columns `edge_bits` and `ops` with cells of
/// NAS-Bench-101, which come out as `BITS;op,op`; or a column of module hashes, or of places in the benchmark's order. Rows keep
/// the order of the file. Non-numeric columns are ignored, and numeric ones are decoded when they are asked for.
#[derive(Clone, Debug)]
pub struct BenchmarkTable {
    shared: Arc<Shared>,
}

struct Shared {
    file: TableFile,
    key: Key,
    numeric: Vec<(String, OnceLock<Numbers>)>,
    architectures: Vec<Arc<str>>,
    rows: HashMap<Arc<str>, usize>,
    indices: HashMap<u64, usize>,
    hashes: HashMap<String, usize>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} architectures", self.file.path().display(), self.architectures.len())
    }
}

impl BenchmarkTable {
    /// Reads the table at `path`; see [`TableFile`] for the supported formats. The name `zeronas-mini` stands for the table that
    /// comes with this crate.
    ///
    /// # Errors
    /// If the file cannot be read or decoded, has no rows, no architecture column, no numeric column, a row without an
    /// architecture, or the same architecture, index or module hash twice.
    pub fn open(path: &Path) -> Result<Self> {
        BenchmarkTable::open_by(path, None)
    }

    /// Like [`BenchmarkTable::open`], with the architectures in the column `arch_column`.
    ///
    /// # Errors
    /// As [`BenchmarkTable::open`], and if there is no such column.
    pub fn open_by(path: &Path, arch_column: Option<&str>) -> Result<Self> {
        if path == Path::new(mini::NAME) {
            return BenchmarkTable::of(TableFile::of_bytes(path, mini::CSV.to_vec())?, arch_column);
        }
        BenchmarkTable::of(TableFile::open(path)?, arch_column)
    }

    /// Reads the benchmark in a table.
    ///
    /// # Errors
    /// As [`BenchmarkTable::open_by`].
    pub fn of(file: TableFile, arch_column: Option<&str>) -> Result<Self> {
        let key = Key::of(&file, arch_column)?;
        let mut numeric = Vec::new();
        for name in file.names().iter().filter(|name| !name.is_empty()) {
            match file.kind(name)? {
                Kind::Number => numeric.push((name.clone(), OnceLock::new())),
                Kind::Text if !key.columns().contains(&name.as_str()) => {
                    if let Ok(numbers) = file.numeric(name)? {
                        numeric.push((name.clone(), OnceLock::from(numbers)));
                    }
                }
                // In a table keyed by the benchmark's own numbers, these are a column like any other.
                Kind::Text if matches!(&key, Key::Index(index) if index == name) => {
                    numeric.push((name.clone(), OnceLock::new()));
                }
                Kind::Text | Kind::Other(_) => {}
            }
        }
        if numeric.is_empty() {
            return Err(Error::NoNumericColumn { path: file.path().to_owned(), columns: file.names().to_vec() });
        }
        let path = file.path();
        let architectures: Vec<Arc<str>> = key.architectures(&file)?.into_iter().map(Into::into).collect();
        let rows = by_key(path, architectures.iter().cloned().map(Some), str::to_owned)?;
        let indices = Key::index(&file).map(|name| file.wholes(name)).transpose()?;
        let indices = by_key(path, indices.into_iter().flatten(), |index: &u64| format!("of index {index}"))?;
        let hashes = Key::hash(&file).map(|name| file.texts(name)).transpose()?;
        let hashes = hashes.into_iter().flatten().map(|hash| (!hash.is_empty()).then(|| hash.to_ascii_lowercase()));
        let hashes = by_key(path, hashes, |hash: &String| format!("of module hash {hash}"))?;
        let shared = Shared { key, numeric, architectures, rows, indices, hashes, file };
        Ok(BenchmarkTable { shared: Arc::new(shared) })
    }

    /// Returns what identifies the architecture of a row.
    pub fn key(&self) -> &Key {
        &self.shared.key
    }

    /// Returns the path that the table was read from.
    pub fn path(&self) -> &Path {
        self.shared.file.path()
    }

    /// Returns the number of architectures, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a table has at least one row")]
    pub fn len(&self) -> usize {
        self.shared.architectures.len()
    }

    /// Iterates over the architectures in the order of the file.
    pub fn architectures(&self) -> impl Iterator<Item = &str> {
        self.shared.architectures.iter().map(AsRef::as_ref)
    }

    /// Returns the row of an architecture, from 0, if the table has it in exactly this notation.
    pub fn row_of(&self, architecture: &str) -> Option<usize> {
        self.shared.rows.get(architecture).copied()
    }

    /// Returns the row, from 0, of the architecture at this place in its benchmark's order.
    pub fn row_of_index(&self, index: u64) -> Option<usize> {
        self.shared.indices.get(&index).copied()
    }

    /// Returns the row, from 0, of the cell with this NAS-Bench-101 module hash.
    pub fn row_of_hash(&self, hash: &str) -> Option<usize> {
        self.shared.hashes.get(&hash.to_ascii_lowercase()).copied()
    }

    /// Returns the column to compare with if none is named; only `zeronas-mini` has one.
    pub fn target(&self) -> Option<&'static str> {
        (self.path() == Path::new(mini::NAME)).then_some(mini::TARGET)
    }

    /// Returns the names of the numeric columns, in the order of the file.
    pub fn numeric_columns(&self) -> Vec<String> {
        self.shared.numeric.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Returns the values of a numeric column, one per row. Missing values and NaN are `None`; infinities are kept as in the file.
    ///
    /// # Errors
    /// If there is no numeric column of that name (the error lists those that exist), or it cannot be decoded.
    pub fn column(&self, name: &str) -> Result<Vec<Option<f64>>> {
        let found = self.shared.numeric.iter().find(|(known, _)| known == name);
        let Some((_, kept)) = found else {
            return Err(Error::UnknownColumn {
                path: self.path().to_owned(),
                column: name.to_owned(),
                hint: crate::nearest(name, &self.numeric_columns()),
                numeric: self.numeric_columns(),
            });
        };
        let numbers = match kept.get() {
            Some(numbers) => numbers,
            None => {
                let numbers = self.shared.file.numbers(name)?;
                kept.get_or_init(|| numbers)
            }
        };
        Ok(numbers.iter().map(|number| number.filter(|number| !number.is_nan())).collect())
    }

    /// Returns the SHA-256 of the file, as hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        self.shared.file.fingerprint()
    }
}

/// Maps keys to rows, leaving out rows without a key. `named` describes a key in words.
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

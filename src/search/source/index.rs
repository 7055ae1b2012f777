//! Finding an architecture among the rows of a file.

use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;

/// The row of each architecture, found as written or by another notation of the same network.
///
/// A search of NAS-Bench-101 proposes cells with their vertices in any order, whereas the table has one cell of each class. If a file lacks an
/// architecture, the row of an equal network stands for it.
pub(super) struct Index {
    as_written: HashMap<Arch, usize>,
    by_key: HashMap<String, usize>,
}

impl Index {
    /// Reads the architectures of a file, row by row; the error names a row that is not in the space.
    pub fn new<'a>(space: &dyn SearchSpace, texts: impl Iterator<Item = &'a str>, path: &Path) -> Result<Self> {
        let texts: Vec<&str> = texts.collect();
        let read = |(row, text): (usize, &&str)| -> Result<(Arch, Option<String>)> {
            let arch = space.parse(text).map_err(|error| Error::file(path, format!("row {}: {error}", row + 1)))?;
            let key = space.key(&arch)?;
            Ok((arch, key))
        };
        let rows: Vec<Result<_>> = texts.par_iter().enumerate().map(read).collect();
        // Name the first row at fault, whichever thread found one first.
        let rows = rows.into_iter().collect::<Result<Vec<_>>>()?;
        let mut index = Index { as_written: HashMap::with_capacity(rows.len()), by_key: HashMap::new() };
        for (row, (arch, key)) in rows.into_iter().enumerate() {
            index.as_written.entry(arch).or_insert(row);
            if let Some(key) = key {
                index.by_key.entry(key).or_insert(row);
            }
        }
        Ok(index)
    }

    /// The row of an architecture, or else the first row with the same network.
    pub fn find(&self, space: &dyn SearchSpace, arch: &Arch) -> Result<Option<usize>> {
        if let Some(row) = self.written(arch) {
            return Ok(Some(row));
        }
        Ok(space.key(arch)?.and_then(|key| self.by_key.get(&key).copied()))
    }

    /// The row of an architecture as it is written.
    pub fn written(&self, arch: &Arch) -> Option<usize> {
        self.as_written.get(arch).copied()
    }
}

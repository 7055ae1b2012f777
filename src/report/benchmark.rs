//! Finds the rows of a benchmark's table that hold the scored architectures, in whatever notation either side writes them.

use std::collections::HashMap;

use zeronas_datasets::BenchmarkTable;

use super::join::Target;
use crate::Result;
use crate::space::{Arch, SearchSpace};

/// Finds the row of each architecture: by its text, which may be a module hash; else, where the space is known, by another notation of the
/// same architecture or by its module hash.
///
/// # Errors
/// Where a space cannot compute an architecture's hash.
pub fn rows(table: &BenchmarkTable, archs: &[String], space: Option<&dyn SearchSpace>) -> Result<Vec<Option<usize>>> {
    let mut rows: Vec<Option<usize>> =
        archs.iter().map(|arch| table.row_of(arch).or_else(|| table.row_of_hash(arch))).collect();
    let Some(space) = space.filter(|_| rows.contains(&None)) else { return Ok(rows) };
    let mut written: HashMap<Arch, usize> = HashMap::new();
    for (row, text) in table.architectures().enumerate() {
        if let Ok(arch) = space.parse(text) {
            written.entry(arch).or_insert(row);
        }
    }
    for (row, text) in rows.iter_mut().zip(archs).filter(|(row, _)| row.is_none()) {
        let Ok(arch) = space.parse(text) else { continue };
        *row = match written.get(&arch) {
            Some(&row) => Some(row),
            // A key of NAS-Bench-101 is the module hash, by which its table finds a cell in any notation.
            None => space.key(&arch)?.and_then(|key| table.row_of_hash(&key)),
        };
    }
    Ok(rows)
}

/// Reads a column of a table for the architectures whose `rows` are known, without values that are missing or infinite.
///
/// # Errors
/// Where there is no such numeric column.
pub fn target(table: &BenchmarkTable, name: &str, archs: &[String], rows: &[Option<usize>]) -> Result<Target> {
    let column = table.column(name)?;
    let value = |(arch, row): (&String, &Option<usize>)| {
        let value = column[(*row)?].filter(|value| value.is_finite())?;
        Some((arch.clone(), value))
    };
    Ok(Target { name: name.to_owned(), values: archs.iter().zip(rows).filter_map(value).collect() })
}

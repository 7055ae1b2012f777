//! Which rows of a benchmark's table the scored architectures are, however either side writes them.

use std::collections::HashMap;

use zeronas_datasets::BenchmarkTable;

use super::join::Target;
use crate::Result;
use crate::space::{Arch, SearchSpace};

/// The row of each architecture: by its text; else, where the space is known, as another writing of the same architecture; else by its
/// module hash.
///
/// # Errors
/// Where a space cannot tell an architecture's hash.
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
            // A key of NAS-Bench-101 is the module hash, by which its table knows a cell however that is written.
            None => space.key(&arch)?.and_then(|key| table.row_of_hash(&key)),
        };
    }
    Ok(rows)
}

/// A column of a table by the architectures whose `rows` are known, without what is missing or infinite.
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

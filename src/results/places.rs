//! Which of a job's architectures a part of the job holds. Their places (indices in the whole job) are kept with the part's rows, so that
//! the parts can be merged in the order asked for.

use super::files::beside;
use super::manifest::kept;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;

/// The metadata key of a part's places, which count from 0 and are in the order of the part's rows.
pub(super) const PLACES_KEY: &str = "zeronas.places";

/// The file that holds the places for a CSV file: `part1.csv.places.json`.
pub(super) fn places_beside(csv: &Path) -> PathBuf {
    beside(csv, ".places.json")
}

/// The places as stored text.
pub(super) fn text(places: &[usize]) -> Result<String> {
    serde_json::to_string(places).map_err(|error| Error::Internal(error.to_string()))
}

/// Reads the places of a part's architectures.
///
/// # Errors
/// Fails if the file has no places or they are damaged.
pub(crate) fn places_of(table: &TableFile) -> Result<Vec<usize>> {
    let path = table.path();
    let missing = || Error::file(path, "does not say which architectures of the whole it holds");
    let text = kept(table, PLACES_KEY, &places_beside(path))?.ok_or_else(missing)?;
    serde_json::from_str(&text).map_err(|error| Error::file(path, format!("its places are damaged: {error}")))
}

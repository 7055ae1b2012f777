//! Which of a job's architectures a part of it holds: their places, kept beside the part's rows, so that parts can be put
//! together in the order asked for.

use super::files::beside;
use super::manifest::kept;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;

/// Under this key a part's metadata holds the places, from 0, of its architectures, in the order of its rows.
pub(super) const PLACES_KEY: &str = "zeronas.places";

/// Those of a CSV file stand beside it: `part1.csv.places.json`.
pub(super) fn places_beside(csv: &Path) -> PathBuf {
    beside(csv, ".places.json")
}

/// The places as they are kept.
pub(super) fn text(places: &[usize]) -> Result<String> {
    serde_json::to_string(places).map_err(|error| Error::Internal(error.to_string()))
}

/// The places of a part's architectures.
///
/// # Errors
/// Where the file does not say them, or not as they are kept.
pub(crate) fn places_of(table: &TableFile) -> Result<Vec<usize>> {
    let path = table.path();
    let missing = || Error::file(path, "does not say which architectures of the whole it holds");
    let text = kept(table, PLACES_KEY, &places_beside(path))?.ok_or_else(missing)?;
    serde_json::from_str(&text).map_err(|error| Error::file(path, format!("its places are damaged: {error}")))
}

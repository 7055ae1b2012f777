//! Tables of text: CSV in its dialects, and JSON.

use std::path::Path;

use super::columns::Columns;
use super::{csv, json};
use crate::{Error, Result};

/// Reads the columns of a text.
pub(super) fn read(path: &Path, text: &str) -> Result<Columns> {
    let read = if json::is_json(text) { json::read(text) } else { csv::read(text) };
    read.map_err(|reason| Error::corrupt(path, reason))
}

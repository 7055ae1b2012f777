//! Folders of parts, as written by programs that work in parallel.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Returns the files of the table at `path`: the file itself, or those in the folder, in the order of their names. As in other
/// readers of such folders, names that begin with `.` or `_` are ignored.
///
/// # Errors
/// If the folder cannot be read, or holds no file or a folder.
pub fn parts(path: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    if path.join("meta.pickle.pbz2").exists() {
        return Err(Error::corrupt(path, "it is NATS-Bench's own folder; `zeronas import` makes a table of it"));
    }
    let mut parts = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(['.', '_']) || name.to_string_lossy().ends_with(".manifest.json") {
            continue;
        }
        if entry.path().is_dir() {
            let reason = format!("a folder of a table's parts has no folder `{}` in it", name.display());
            return Err(Error::corrupt(path, reason));
        }
        parts.push(entry.path());
    }
    if parts.is_empty() {
        return Err(Error::corrupt(path, "it is a folder without a file"));
    }
    parts.sort();
    Ok(parts)
}

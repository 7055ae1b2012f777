//! Names of files, and their first bytes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Returns a file's first bytes, which tell formats apart.
pub(super) fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(head)
}

/// Returns the name of a file or folder.
pub(super) fn name_of(path: &Path) -> String {
    let whole: PathBuf = path.components().collect();
    whole.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

//! What a file is called, and how it begins.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// A file's first bytes, those that tell formats apart.
pub(super) fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(head)
}

/// What a file or folder is called.
pub(super) fn name_of(path: &Path) -> String {
    let whole: PathBuf = path.components().collect();
    whole.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

//! A results folder that one process has to itself, and what an earlier process left in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files::lock;
use super::manifest::{MANIFEST, manifest_in};
use crate::{Error, Result};

/// If any of these files exists, the folder already holds results.
const RESULTS: [&str; 4] =
    ["checkpoint.safetensors", "checkpoint.previous.safetensors", "weights.safetensors", MANIFEST];

/// Exclusive use of a folder: as long as this value lives, the file `.lock` in the folder is locked.
pub(crate) struct Claim {
    folder: PathBuf,
    _lock: File,
}

impl Claim {
    /// Claims the folder and creates it if necessary.
    ///
    /// # Errors
    /// Fails if the folder cannot be created, if another process is using it, or if it holds results and `resume` is not set.
    pub fn new(folder: &Path, resume: bool) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "cannot be made"))?;
        let path = folder.join(".lock");
        let file = File::options().append(true).create(true).open(&path);
        let file = file.map_err(Error::io(&path, "cannot be opened"))?;
        lock(&file, folder)?;
        let found = RESULTS.iter().map(|name| folder.join(name)).find(|path| path.exists());
        if let Some(found) = found.filter(|_| !resume) {
            return Err(Error::exists(found));
        }
        Ok(Claim { folder: folder.to_owned(), _lock: file })
    }

    /// Passes the manifest in the folder, if there is one, and its path to `check`.
    ///
    /// # Errors
    /// Errors of `check`, and failure to read the file.
    pub fn check_manifest(&self, check: impl FnOnce(&Value, &Path) -> Result<()>) -> Result<()> {
        let path = self.folder.join(MANIFEST);
        manifest_in(&self.folder)?.map_or(Ok(()), |manifest| check(&manifest, &path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_process_own_and_results_are_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new/out");
        let claim = Claim::new(&folder, false).unwrap();
        let error = Claim::new(&folder, true).err().unwrap().to_string();
        assert!(error.contains("out: is in use by another process"), "{error}");
        drop(claim);
        fs::write(folder.join("notes.txt"), "").unwrap();
        drop(Claim::new(&folder, false).unwrap());
        for name in RESULTS {
            fs::write(folder.join(name), "").unwrap();
            let error = Claim::new(&folder, false).err().unwrap().to_string();
            assert!(error.contains(name) && error.contains("resume"), "{error}");
            drop(Claim::new(&folder, true).unwrap());
            fs::remove_file(folder.join(name)).unwrap();
        }
    }
}

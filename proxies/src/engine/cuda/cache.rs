//! Files that are kept from one process to the next in the user's cache folder: compiled kernels and tunings.

use crate::{Error, Result};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The file for something compiled from `what`, created by `make` if it does not exist. Its name contains a hash of all of `what`, so
/// that an outdated file is never used.
///
/// # Errors
/// If it cannot be created or stored, or if this user has no cache folder.
pub(super) fn file(what: &[&str], extension: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let mut hash = DefaultHasher::new();
    what.hash(&mut hash);
    let path = folder()?.join(format!("kernels/{:016x}.{extension}", hash.finish()));
    if !path.exists() {
        put(&path, make)?;
    }
    Ok(path)
}

/// Creates the file at a path anew with `make`. Others that look for it find it complete or not at all.
///
/// # Errors
/// If it cannot be created or stored.
pub(super) fn put(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let failed = |source: std::io::Error| Error::Device {
        device: path.display().to_string(),
        reason: format!("cannot be written: {source}"),
    };
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    // It gets its name only when it is complete: others may be creating the same file.
    let extension = path.extension().unwrap_or_default().display();
    let made = path.with_extension(format!("{}-{:?}.{extension}", std::process::id(), std::thread::current().id()));
    make(&made)?;
    std::fs::rename(&made, path).map_err(failed)
}

/// `zeronas` in `$XDG_CACHE_HOME` or `~/.cache`. Files from there are loaded and run, so it must not be a folder that others can write
/// to, such as the one for temporary files.
pub(super) fn folder() -> Result<PathBuf> {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || given("HOME").map(|home| home.join(".cache"));
    let missing = || Error::Device {
        device: "compiled kernels".into(),
        reason: "there is no folder to keep them in: set XDG_CACHE_HOME or HOME".into(),
    };
    Ok(given("XDG_CACHE_HOME").or_else(home).ok_or_else(missing)?.join("zeronas"))
}

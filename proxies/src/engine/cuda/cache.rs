//! Files that are kept from one process to the next in the user's cache folder: compiled kernels and tunings.

use crate::{Error, Result};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The file for something compiled from `what`, made by `make` if it is not there. Its name holds a hash of all of `what`, so that an
/// old one never serves.
///
/// # Errors
/// If it cannot be made or kept, or this user has no cache folder.
pub(super) fn file(what: &[&str], extension: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let mut hash = DefaultHasher::new();
    what.hash(&mut hash);
    let path = folder()?.join(format!("kernels/{:016x}.{extension}", hash.finish()));
    if !path.exists() {
        put(&path, make)?;
    }
    Ok(path)
}

/// The file at a path, made anew by `make`; others that look for it find it whole or not at all.
///
/// # Errors
/// If it cannot be made or kept.
pub(super) fn put(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let failed = |source: std::io::Error| Error::Device {
        device: path.display().to_string(),
        reason: format!("cannot be written: {source}"),
    };
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    // It takes its name at once: others may be making the same.
    let extension = path.extension().unwrap_or_default().display();
    let made = path.with_extension(format!("{}-{:?}.{extension}", std::process::id(), std::thread::current().id()));
    make(&made)?;
    std::fs::rename(&made, path).map_err(failed)
}

/// `zeronas` in `$XDG_CACHE_HOME` or `~/.cache`. What lies there is loaded and run, so a folder that others can write to, as the one
/// for temporary files, will not do.
pub(super) fn folder() -> Result<PathBuf> {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || given("HOME").map(|home| home.join(".cache"));
    let missing = || Error::Device {
        device: "compiled kernels".into(),
        reason: "there is no folder to keep them in: set XDG_CACHE_HOME or HOME".into(),
    };
    Ok(given("XDG_CACHE_HOME").or_else(home).ok_or_else(missing)?.join("zeronas"))
}

//! Compiled kernels, kept from one process to the next in the user's cache folder.

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
    let folder = folder()?;
    let path = folder.join(format!("kernels-{:016x}.{extension}", hash.finish()));
    if !path.exists() {
        let failed = |source: std::io::Error| Error::Device {
            device: path.display().to_string(),
            reason: format!("cannot be written: {source}"),
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        // It takes its name at once: others may be making the same.
        let own = format!("{}-{:?}.{extension}", std::process::id(), std::thread::current().id());
        let made = path.with_extension(own);
        make(&made)?;
        std::fs::rename(&made, &path).map_err(failed)?;
    }
    Ok(path)
}

/// `zeronas` in `$XDG_CACHE_HOME` or `~/.cache`. What lies there is loaded and run, so a folder that others can write to, as the one
/// for temporary files, will not do.
fn folder() -> Result<PathBuf> {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || given("HOME").map(|home| home.join(".cache"));
    let missing = || Error::Device {
        device: "compiled kernels".into(),
        reason: "there is no folder to keep them in: set XDG_CACHE_HOME or HOME".into(),
    };
    Ok(given("XDG_CACHE_HOME").or_else(home).ok_or_else(missing)?.join("zeronas"))
}

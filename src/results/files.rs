//! Files that are either complete or absent, and locks that give one process a file to itself.

use crate::{Error, Result};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use tempfile::Builder;

/// The path of a file next to `path`: the same name with `suffix` appended.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes a temporary file next to `path`, lets `before` deal with the old file, and moves the new one into place. If the disk is full or
/// the process is killed, the old file stays.
///
/// # Errors
/// Errors of `write`, and failure to create or move the file.
pub(crate) fn replace_after<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<T>,
    before: impl FnOnce() -> std::io::Result<()>,
) -> Result<T> {
    let io = || Error::io(path, "cannot be written");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut builder = Builder::new();
    let (prefix, suffix) = (format!(".{name}."), ".unfinished");
    builder.prefix(&prefix).suffix(suffix);
    #[cfg(unix)]
    {
        // The permissions of any new file: by default only the owner may read a temporary one.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(io())?;
    let written = write(file.as_file_mut())?;
    file.as_file().sync_all().map_err(io())?;
    before().map_err(io())?;
    file.persist(path).map_err(|error| io()(error.error))?;
    Ok(written)
}

/// Like [`replace_after`], with nothing to do to the old file.
///
/// # Errors
/// As [`replace_after`].
pub(crate) fn replace<T>(path: &Path, write: impl FnOnce(&mut File) -> Result<T>) -> Result<T> {
    replace_after(path, write, || Ok(()))
}

/// Writes a text as [`replace`] does.
///
/// # Errors
/// As [`replace`].
pub(crate) fn replace_text(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    replace(path, |file| file.write_all(text.as_bytes()).map_err(Error::io(path, "cannot be written")))
}

/// Locks a file for as long as it is open. If another process has locked it, the error names `path`.
///
/// # Errors
/// Fails if the file is locked already or cannot be locked.
pub(crate) fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::file(path, "is in use by another process")),
        Err(TryLockError::Error(error)) => Err(Error::io(path, "cannot be locked")(error)),
    }
}

/// Deletes a file that is no longer needed, such as a journal whose lines are in a finished result, if it is still there.
///
/// # Errors
/// Fails if the file cannot be deleted.
pub(crate) fn remove_leftover(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, "cannot be deleted")(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    #[test]
    fn a_file_that_cannot_be_written_whole_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        replace_text(&path, "before").unwrap();
        let error = replace(&path, |file| -> Result<()> {
            file.write_all(b"hal").unwrap();
            Err(Error::io(&path, "cannot be written")(std::io::ErrorKind::StorageFull.into()))
        });
        assert!(error.unwrap_err().to_string().contains("cannot be written"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        replace_text(&path, "after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_as_open_to_others_as_any_new_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        fs::write(folder.path().join("plain"), "").unwrap();
        replace_text(&folder.path().join("moved"), "").unwrap();
        assert_eq!(mode("moved"), mode("plain"));
    }
}

//! Listings of folders: pictures, subfolders, and a count of everything else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::about::counted;
use super::super::{foreign, path, picture};
use crate::{Error, Result};

/// Everything left out, for the report to the user.
#[derive(Debug, Default)]
pub(in super::super) struct Tally {
    /// Hidden files and folders, and those created by operating systems.
    hidden: usize,
    /// Files that are not pictures, by their extension.
    others: BTreeMap<String, usize>,
    /// Damaged pictures.
    pub damaged: Vec<PathBuf>,
    /// Anything else, in words.
    pub notes: Vec<String>,
}

impl Tally {
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(first) = self.damaged.first() {
            let named = if self.damaged.len() > 1 { "the first is " } else { "" };
            let count = counted(self.damaged.len(), "damaged picture", "damaged pictures");
            words.push(format!("{count} left out ({named}{})", first.display()));
        }
        words.extend(self.notes.iter().cloned());
        if !self.others.is_empty() {
            let count = counted(self.others.values().sum(), "file that is no picture", "files that are no pictures");
            let endings: Vec<&str> = self.others.keys().map(String::as_str).collect();
            words.push(format!("{count} left out ({})", endings.join(", ")));
        }
        if self.hidden > 0 {
            words.push(format!(
                "{} passed over",
                counted(self.hidden, "hidden file or folder", "hidden files or folders")
            ));
        }
        words
    }
}

/// The contents of a folder, sorted by name.
#[derive(Debug, Default)]
pub(in super::super) struct Listing {
    pub folders: Vec<PathBuf>,
    pub pictures: Vec<PathBuf>,
    /// Files that are not pictures.
    others: Vec<PathBuf>,
    hidden: usize,
}

impl Listing {
    /// Lists a folder.
    ///
    /// # Errors
    /// Names a picture whose format is not supported.
    pub fn of(folder: &Path) -> Result<Self> {
        let failed = |source| Error::Read { path: folder.to_owned(), source };
        let entries = fs::read_dir(folder).map_err(failed)?;
        let mut entries =
            entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect::<Result<Vec<_>>>()?;
        entries.sort();
        let mut listing = Listing::default();
        for entry in entries {
            if is_hidden(&entry) {
                listing.hidden += 1;
            } else if entry.is_dir() {
                listing.folders.push(entry);
            } else if is_picture(&entry)? {
                listing.pictures.push(entry);
            } else {
                listing.others.push(entry);
            }
        }
        Ok(listing)
    }

    /// Counts what is neither a picture nor a folder.
    pub fn count(&self, tally: &mut Tally) {
        tally.hidden += self.hidden;
        for file in &self.others {
            let ending = file.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
            *tally.others.entry(ending.unwrap_or_else(|| path::name_of(file))).or_default() += 1;
        }
    }
}

/// Whether a file or folder of this name is hidden, or left behind by systems and tools.
fn is_hidden(path: &Path) -> bool {
    const LEFT: [&str; 6] = ["thumbs.db", "desktop.ini", "__macosx", "__pycache__", "@eadir", "icon\r"];
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.starts_with('.') || LEFT.contains(&name.as_str())
}

/// Whether a file is to be read as a picture, judged by its extension, or else by its content.
fn is_picture(path: &Path) -> Result<bool> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if picture::ENDINGS.contains(&ending.as_str()) {
        return Ok(true);
    }
    if let Some(format) = foreign::unread_picture(path) {
        return Err(Error::PictureFormat { path: path.to_owned(), format });
    }
    // A dangling link or a socket has nothing to read.
    let head = if path.is_file() { path::head(path)? } else { Vec::new() };
    Ok(image::guess_format(&head).is_ok_and(|format| picture::FORMATS.contains(&format)))
}

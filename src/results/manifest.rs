//! Manifests: how the results in a file were made, as JSON in a Parquet file's metadata or next to a file of another format.

use super::files::beside;
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;

/// The key of the manifest in a Parquet file's metadata.
pub const MANIFEST_KEY: &str = "zeronas";

/// The file in a folder of parts that holds the manifest of all of them.
const OF_FOLDER: &str = "_manifest.json";

/// The path of the manifest of a file that is not Parquet: `scores.csv.manifest.json`.
pub(crate) fn manifest_beside(path: &Path) -> PathBuf {
    beside(path, ".manifest.json")
}

/// The manifest of a table, if it has one.
///
/// # Errors
/// Fails if the manifest cannot be read or is not JSON.
pub(crate) fn manifest_of(table: &TableFile) -> Result<Option<Value>> {
    let path = table.path();
    let text = match kept(table, MANIFEST_KEY, &manifest_beside(path))? {
        Some(text) => Some(text),
        None if path.is_dir() => read_if_there(&path.join(OF_FOLDER))?,
        None => None,
    };
    let damaged = |error| Error::file(path, format!("its manifest is damaged: {error}"));
    text.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
}

/// The manifest of a table at a path, if it has one.
///
/// # Errors
/// Fails if the table cannot be read or its manifest is damaged.
pub fn manifest_at(path: &Path) -> Result<Option<Value>> {
    manifest_of(&TableFile::open(path)?)
}

/// The file name of the manifest in a results folder.
pub(super) const MANIFEST: &str = "manifest.json";

/// The manifest of a folder of results, if it has one.
///
/// # Errors
/// Fails if the manifest cannot be read or is damaged.
pub(crate) fn manifest_in(folder: &Path) -> Result<Option<Value>> {
    let path = folder.join(MANIFEST);
    let damaged = |error: serde_json::Error| Error::file(&path, error.to_string());
    read_if_there(&path)?.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
}

/// Text that is kept with a table: an entry of a Parquet file's metadata, or the contents of the file `beside`.
///
/// # Errors
/// Fails if the file `beside` exists but cannot be read.
pub(crate) fn kept(table: &TableFile, key: &str, beside: &Path) -> Result<Option<String>> {
    match table.entry(key) {
        Some(text) => Ok(Some(text.to_owned())),
        None => read_if_there(beside),
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, "cannot be read")(error)),
    }
}

/// Checks whether a run with the manifest `expected` can resume from the file at `path`, whose manifest is `found`.
///
/// # Errors
/// Names every difference, except in the entries listed in `free`.
pub fn check_manifest(expected: &Value, found: &Value, path: &Path, free: &[&str]) -> Result<()> {
    let (Value::Object(expected), Value::Object(found)) = (expected, found) else {
        return Err(Error::file(path, "its manifest is not one of zeronas"));
    };
    let differences: Vec<String> = differing(expected, found, free)
        .map(|(name, value, was)| format!("{} was {was} and is {value} now", name.replace('_', "-")))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::file(path, format!("cannot be resumed with other settings: {}", differences.join("; "))))
}

/// The entries in which two manifests differ, except those listed in `free`: the name and both values, null where an entry is missing.
pub(crate) fn differing<'a>(
    one: &'a Map<String, Value>,
    other: &'a Map<String, Value>,
    free: &'a [&str],
) -> impl Iterator<Item = (&'a str, &'a Value, &'a Value)> {
    let only_other = other.keys().filter(|&name| !one.contains_key(name));
    let value = |of: &'a Map<String, Value>, name: &str| of.get(name).unwrap_or(&Value::Null);
    let all = one.keys().chain(only_other).map(move |name| (name.as_str(), value(one, name), value(other, name)));
    all.filter(|(name, value, other)| !free.contains(name) && value != other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_either_manifest_lacks_is_a_difference() {
        let (here, there) =
            (json!({"seed": 1, "init": "kaiming"}), json!({"seed": 1, "device": "cuda:0", "images": "a"}));
        let error = check_manifest(&here, &there, Path::new("it"), &["images"]).unwrap_err().to_string();
        assert!(
            error.ends_with("init was null and is \"kaiming\" now; device was \"cuda:0\" and is null now"),
            "{error}"
        );
        check_manifest(&here, &here, Path::new("it"), &[]).unwrap();
    }
}

//! Files as manifests list them: each with the hash of its contents.

use crate::{Error, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeronas_datasets::sha256_hex;
use zeronas_datasets::table::file::parts;
use zeronas_datasets::table::{BenchmarkTable, mini};

/// Files with the SHA-256 of their bytes, for a manifest.
pub(crate) fn fingerprints(paths: &[PathBuf]) -> Result<Vec<Value>> {
    paths.iter().map(|path| Ok(fingerprint(path, &sha256_of_file(path)?))).collect()
}

/// Does the same for benchmark tables, one of which may be the table built into the program.
pub(crate) fn table_fingerprints(paths: &[PathBuf]) -> Result<Vec<Value>> {
    let of_table = |path: &PathBuf| {
        let is_in_program = path == Path::new(mini::NAME);
        let sha256 =
            if is_in_program { BenchmarkTable::open(path)?.fingerprint().into() } else { sha256_of_file(path)? };
        Ok(fingerprint(path, &sha256))
    };
    paths.iter().map(of_table).collect()
}

pub(crate) fn fingerprint(path: &Path, sha256: &str) -> Value {
    json!({ "file": path, "sha256": sha256 })
}

/// The SHA-256, in hexadecimal, of a file or of all parts in a folder, one after another.
fn sha256_of_file(path: &Path) -> Result<String> {
    let read = |part: PathBuf| std::fs::read(&part).map_err(Error::io(&part, "cannot be read"));
    let bytes = parts(path)?.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(sha256_hex(bytes.iter().map(Vec::as_slice)))
}

//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::PathBuf;

/// A path under the reference data that stands beside the checkout; `None`, with a loud line, where there is none.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("SKIPPED: no reference data at {}", found.display());
    None
}

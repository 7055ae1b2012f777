//! Locates the folder of shared data, which is next to the checkout and not in the repository.

use std::path::{Path, PathBuf};

/// Returns the path of `name` in the shared folder. Tests that need one are ignored by default.
pub fn shared(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name);
    assert!(path.exists(), "{} is not there", path.display());
    path
}

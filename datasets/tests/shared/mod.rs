//! Finds the folder of shared data, which stands beside the checkout and not in the repository.

use std::path::{Path, PathBuf};

/// The path of `name` in the shared folder. Tests that ask for one are ignored unless asked for.
pub fn shared(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name);
    assert!(path.exists(), "{} is not there", path.display());
    path
}

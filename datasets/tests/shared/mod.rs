//! Finds the folder of shared golden values and data, which lies in the checkout or beside it and not in the repository.

use std::path::{Path, PathBuf};

/// The path of `name` in the shared folder, or `None` with a loud note that the test is skipped.
pub fn shared(name: &str) -> Option<PathBuf> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = ["../shared", "../../shared"].iter().map(|at| crate_folder.join(at).join(name)).find(|p| p.exists());
    if found.is_none() {
        eprintln!("SKIPPED: shared/{name} is neither in the checkout nor beside it");
    }
    found
}

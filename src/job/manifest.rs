//! The manifest: how the scores of a file were made.

use super::{Job, Settings};
use crate::space::Sampler;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Under this key a Parquet file's metadata holds its manifest.
pub const MANIFEST_KEY: &str = "zeronas";

/// How the scores of a file were made: what made them, on what and with which settings. Two files with one manifest hold
/// the same scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of zeronas.
    pub version: String,
    /// Search space.
    pub space: String,
    /// Number of architectures asked for, over all shards.
    pub archs: usize,
    /// SHA-256 of their lines.
    pub archs_sha256: String,
    /// How they were drawn, if they were.
    pub sampler: Option<Sampler>,
    /// Name of the image set.
    pub images: String,
    /// Fingerprint of the image set.
    pub images_fingerprint: String,
    /// The settings.
    #[serde(flatten)]
    pub settings: Settings,
    /// The figures of the space's networks, by the names of their flags.
    #[serde(flatten)]
    pub figures: Map<String, Value>,
}

impl Manifest {
    pub(super) fn new(job: &Job) -> Self {
        let mut hash = Sha256::new();
        for arch in &job.archs {
            hash.update(arch.as_str());
            hash.update("\n");
        }
        Manifest {
            version: env!("CARGO_PKG_VERSION").into(),
            space: job.space.name().into(),
            archs: job.archs.len(),
            archs_sha256: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            sampler: job.sampler,
            images: job.images.name().into(),
            images_fingerprint: job.images.fingerprint(),
            settings: job.settings.clone(),
            figures: job.space.figures(),
        }
    }

    /// Refuses to go on with a file that was made in another way; names every difference.
    pub(super) fn check_against(&self, found: &Value, path: &Path) -> Result<()> {
        let expected = serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))?;
        // Where architectures and images were found does not matter; their fingerprints say what they are.
        check_manifest(&expected, found, path, &["images", "sampler"])
    }
}

/// Refuses to go on with the file at `path`, whose manifest is `found`, where another is expected; names every difference but
/// those in what is `free`.
pub(crate) fn check_manifest(expected: &Value, found: &Value, path: &Path, free: &[&str]) -> Result<()> {
    let (Value::Object(expected), Value::Object(found)) = (expected, found) else {
        return Err(Error::file(path, "its manifest is not one of zeronas"));
    };
    let differences: Vec<String> = expected
        .iter()
        .filter(|(name, value)| !free.contains(&name.as_str()) && found.get(*name) != Some(value))
        .map(|(name, value)| {
            let was = found.get(name).unwrap_or(&Value::Null);
            format!("{} was {was} and is {value} now", name.replace('_', "-"))
        })
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::file(path, format!("cannot be resumed with other settings: {}", differences.join("; "))))
}

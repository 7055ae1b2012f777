//! The manifest: how the scores of a file were made.

use super::{Scoring, Settings};
use crate::results::check_manifest;
use crate::space::{Arch, Sampler};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;
use zeronas_datasets::sha256_hex;

/// How the scores of a file were made: by which version, on which inputs and with which settings. Two files with the same manifest hold
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
    /// What the images are and how they are prepared, if they are real ones: see [`ImageSet::described`].
    ///
    /// [`ImageSet::described`]: zeronas_datasets::ImageSet::described
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_set: Option<Value>,
    /// Number of networks that ran on the reference engine because the engine of the settings does not support them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub on_reference: usize,
    /// The settings.
    #[serde(flatten)]
    pub settings: Settings,
    /// The macro settings of the space's networks, by name.
    #[serde(flatten)]
    pub figures: Map<String, Value>,
}

impl Manifest {
    /// The manifest of these architectures' scores.
    pub fn new(scoring: &Scoring, archs: &[Arch], sampler: Option<Sampler>) -> Self {
        Manifest {
            version: env!("CARGO_PKG_VERSION").into(),
            space: scoring.space.name().into(),
            archs: archs.len(),
            archs_sha256: fingerprint(archs.iter().map(Arch::as_str)),
            sampler,
            images: scoring.images.name().into(),
            images_fingerprint: scoring.images.fingerprint(),
            image_set: scoring.images.described(),
            on_reference: 0,
            settings: scoring.settings.clone(),
            figures: scoring.space.macro_settings(),
        }
    }

    /// Refuses to resume a file that was made differently; the error names every difference.
    pub(super) fn check_against(&self, found: &Value, path: &Path) -> Result<()> {
        let expected = serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))?;
        // Where architectures and images came from does not matter, as their fingerprints identify them. Which networks the engine supports shows
        // only when they run.
        check_manifest(&expected, found, path, &["images", "image_set", "sampler", "on_reference"])
    }
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The number of networks that ran on the reference engine according to a manifest.
pub(super) fn on_reference(manifest: &Value) -> usize {
    manifest["on_reference"].as_u64().unwrap_or(0) as usize
}

/// SHA-256 of the lines of some architectures.
pub(super) fn fingerprint<'a>(archs: impl Iterator<Item = &'a str>) -> String {
    sha256_hex(archs.flat_map(|arch| [arch.as_bytes(), b"\n"]))
}

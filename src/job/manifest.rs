//! The manifest: how the scores of a file were made.

use super::{Scoring, Settings};
use crate::space::{Arch, Sampler};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;
use zeronas_datasets::sha256_hex;

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
    /// What the images are and how they are taken, where they are real: see [`ImageSet::described`].
    ///
    /// [`ImageSet::described`]: zeronas_datasets::ImageSet::described
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_set: Option<Value>,
    /// The settings.
    #[serde(flatten)]
    pub settings: Settings,
    /// The figures of the space's networks, by the names of their flags.
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
            settings: scoring.settings.clone(),
            figures: scoring.space.macro_settings(),
        }
    }

    /// Refuses to go on with a file that was made in another way; names every difference.
    pub(super) fn check_against(&self, found: &Value, path: &Path) -> Result<()> {
        let expected = serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))?;
        // Where architectures and images were found does not matter; their fingerprints say what they are.
        check_manifest(&expected, found, path, &["images", "image_set", "sampler"])
    }
}

/// SHA-256 of the lines of some architectures.
pub(super) fn fingerprint<'a>(archs: impl Iterator<Item = &'a str>) -> String {
    sha256_hex(archs.flat_map(|arch| [arch.as_bytes(), b"\n"]))
}

/// Whether one can go on with the file at `path`, whose manifest is `found`, where `expected` is expected.
///
/// # Errors
/// Names every difference, but for entries in what is `free`.
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

/// The entries that two manifests have otherwise, but for those in what is `free`: name, the one's value, and the other's, which are null
/// where there is none.
pub(super) fn differing<'a>(
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

//! Tunings that were found to be best, kept in the user's cache folder.
//!
//! There is one file per kind of device, such as `~/.cache/zeronas/tuning/NVIDIA-H200.json`. It says what the tuning was found with, so
//! that an outdated one is never used.

use super::cache;
use super::source::source;
use super::tuning::Tuning;
use crate::engine::Precision;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A kind of device, with everything that decides which tuning is best on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The device's name, without its number.
    device: String,
    /// What compiles and runs kernels for it.
    driver: String,
    /// A hash of the kernels' source.
    kernels: String,
}

/// The contents of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    kind: Kind,
    tuning: String,
}

impl Kind {
    /// A device of this name, behind this driver, with the kernels of this program.
    pub(super) fn new(device: &str, driver: &str) -> Self {
        let kernels = zeronas_random::fnv1a64(source(Precision::F32, &Tuning::default()).as_bytes());
        Kind { device: device.into(), driver: driver.into(), kernels: format!("{kernels:016x}") }
    }

    /// Returns the tuning that is kept for this kind of device, if there is one.
    ///
    /// # Errors
    /// Names the file, and says in one line why it cannot be used: it cannot be read, is damaged, or is for other kernels, another driver or
    /// another device.
    pub fn tuning(&self) -> Result<Option<Tuning>> {
        self.tuning_in(&cache::folder()?)
    }

    /// Keeps a tuning for this kind of device, in place of any other. Returns the path of the file.
    ///
    /// # Errors
    /// If there is no cache folder, or it cannot be written to.
    pub fn keep(&self, tuning: &Tuning) -> Result<PathBuf> {
        self.keep_in(&cache::folder()?, tuning)
    }

    fn path(&self, folder: &Path) -> PathBuf {
        let name = self.device.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        folder.join(format!("tuning/{name}.json"))
    }

    fn failed(&self, path: &Path, reason: &str) -> Error {
        Error::Device { device: self.device.clone(), reason: format!("{} {reason}", path.display()) }
    }

    fn tuning_in(&self, folder: &Path) -> Result<Option<Tuning>> {
        let path = self.path(folder);
        let unusable = |reason: String| self.failed(&path, &reason);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(format!("cannot be read: {error}"))),
        };
        let Kept { kind, tuning } =
            serde_json::from_str(&text).map_err(|error| unusable(format!("is damaged: {error}")))?;
        let said = [
            ("device", &kind.device, &self.device),
            ("driver", &kind.driver, &self.driver),
            ("kernels", &kind.kernels, &self.kernels),
        ];
        if let Some((what, was, is)) = said.into_iter().find(|(_, was, is)| was != is) {
            return Err(unusable(format!("is out of date: it is for the {what} {was}, and here is {is}")));
        }
        tuning.parse().map(Some).map_err(|error| unusable(format!("is damaged: {error}")))
    }

    fn keep_in(&self, folder: &Path, tuning: &Tuning) -> Result<PathBuf> {
        let path = self.path(folder);
        let failed = |reason: String| self.failed(&path, &reason);
        let kept = Kept { kind: self.clone(), tuning: tuning.to_string() };
        let text = serde_json::to_string_pretty(&kept).map_err(|error| failed(error.to_string()))?;
        cache::put(&path, |to| {
            std::fs::write(to, text + "\n").map_err(|error| failed(format!("cannot be written: {error}")))
        })?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("zeronas-kept-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_tuning_is_kept_for_its_kind_of_device_and_replaced_by_a_later_one() {
        let folder = folder("kind");
        let kind = Kind::new("NVIDIA H200", "CUDA 13.0");
        assert_eq!(kind.tuning_in(&folder).unwrap(), None);
        for text in ["step=16,networks=64", "graphs=1", "usual"] {
            let tuning: Tuning = text.parse().unwrap();
            let path = kind.keep_in(&folder, &tuning).unwrap();
            assert!(path.ends_with("tuning/NVIDIA-H200.json"), "{}", path.display());
            assert_eq!(kind.tuning_in(&folder).unwrap(), Some(tuning));
            assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        }
        assert_eq!(Kind::new("NVIDIA H100", "CUDA 13.0").tuning_in(&folder).unwrap(), None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_out_of_date_says_what_has_changed() {
        let folder = folder("stale");
        let found = Kind::new("NVIDIA H200", "CUDA 12.8");
        found.keep_in(&folder, &"step=16".parse().unwrap()).unwrap();
        let other_kernels = Kind { kernels: "0123456789abcdef".into(), ..found.clone() };
        let of_one_file = Kind { device: "NVIDIA-H200".into(), ..found.clone() };
        for (kind, part) in [
            (Kind::new("NVIDIA H200", "CUDA 13.0"), "the driver CUDA 12.8, and here is CUDA 13.0"),
            (other_kernels, "and here is 0123456789abcdef"),
            (of_one_file, "the device NVIDIA H200, and here is NVIDIA-H200"),
        ] {
            let error = kind.tuning_in(&folder).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("NVIDIA-H200.json") && !error.contains('\n'), "{error}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Files that are cut anywhere, are not JSON, or have unknown settings or values.
    #[test]
    fn a_damaged_file_is_never_taken_for_a_tuning() {
        let folder = folder("damaged");
        let kind = Kind::new("NVIDIA H200", "CUDA 13.0");
        let path = kind.keep_in(&folder, &"step=16".parse().unwrap()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        // All but the line's end.
        let cuts = (0..whole.len() - 1).map(|length| whole[..length].to_vec());
        let wrong = [("step=16", "step=12"), ("step=16", "speed=16"), ("\"tuning\"", "\"setting\"")]
            .map(|(from, to)| String::from_utf8(whole.clone()).unwrap().replace(from, to).into_bytes());
        for bytes in cuts.chain(wrong).chain([vec![0xff; 64]]) {
            std::fs::write(&path, &bytes).unwrap();
            let error = kind.tuning_in(&folder).unwrap_err().to_string();
            assert!(error.contains("NVIDIA-H200.json") && !error.contains('\n'), "{error}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}

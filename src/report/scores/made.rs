//! How the networks of score files were built: the search space and its macro settings, as the manifests say.

use super::{ScoreFile, Scores};
use crate::space::benchmark;
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A search space and the macro settings of its networks, by the names in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The file that says so.
    pub path: PathBuf,
    /// The search space.
    pub space: String,
    /// Its manifest, in which the macro settings stand beside others.
    pub manifest: Map<String, Value>,
}

impl Made {
    /// What these files' manifests say; `None` where none has one.
    ///
    /// # Errors
    /// Names two files that were scored on networks of other macro settings.
    pub fn of(files: &[ScoreFile]) -> Result<Option<Made>> {
        let mut found: Option<Made> = None;
        for made in files.iter().filter_map(Made::of_file) {
            match &found {
                Some(first) => first.check(&made)?,
                None => found = Some(made),
            }
        }
        Ok(found)
    }

    /// What the manifests of the files at `paths` say, without a look at their rows.
    ///
    /// # Errors
    /// As [`Made::of`], and where a file cannot be read.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Option<Made>> {
        Made::of(&Scores::files(paths)?)
    }

    fn of_file(file: &ScoreFile) -> Option<Made> {
        let manifest = file.manifest.as_ref()?.as_object()?.clone();
        let space = manifest.get("space")?.as_str()?.to_owned();
        Some(Made { path: file.path.clone(), space, manifest })
    }

    /// A macro setting.
    pub fn setting(&self, name: &str) -> Option<&Value> {
        self.manifest.get(name)
    }

    fn check(&self, other: &Made) -> Result<()> {
        let names = benchmark(&self.space).map(|benchmark| benchmark.macro_settings).unwrap_or_default();
        let (here, there) = (other.space.clone().into(), self.space.clone().into());
        let null = Value::Null;
        let of = |made: &'_ Made, name: &str| made.setting(name).unwrap_or(&null).clone();
        let settings = names.iter().map(|one| (one.name, of(other, one.name), of(self, one.name)));
        let differing = std::iter::once(("space", here, there)).chain(settings).find(|(_, own, first)| own != first);
        match differing {
            None => Ok(()),
            Some((name, own, first)) => {
                let reason = format!("was scored with {name} {own}, and {} with {first}", self.path.display());
                Err(Error::file(&other.path, reason + "; these are other networks"))
            }
        }
    }
}

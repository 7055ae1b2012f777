//! How the networks of score files were built: the search space and its macro settings, as the manifests say.

use super::registry::macro_settings;
use crate::results::manifest_of;
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;

/// A search space and the macro settings of its networks, by the names in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The file that the manifest comes from.
    pub path: PathBuf,
    /// The search space.
    pub space: String,
    /// The manifest, which holds the macro settings among other things.
    pub manifest: Map<String, Value>,
}

impl Made {
    /// Collects what these files' manifests say; `None` if no file has one.
    ///
    /// # Errors
    /// Names two files that were scored on networks with different macro settings.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a Path, Option<&'a Value>)>) -> Result<Option<Made>> {
        let mut found: Option<Made> = None;
        for made in files.into_iter().filter_map(|(path, manifest)| Made::of_file(path, manifest?)) {
            match &found {
                Some(first) => first.check(&made)?,
                None => found = Some(made),
            }
        }
        Ok(found)
    }

    /// Reads what the manifests of the files at `paths` say, without looking at the rows.
    ///
    /// # Errors
    /// As [`Made::of`], and where a file cannot be read.
    pub fn read(paths: &[PathBuf]) -> Result<Option<Made>> {
        let manifests = paths.iter().map(|path| manifest_of(&TableFile::open(path)?)).collect::<Result<Vec<_>>>()?;
        Made::of(paths.iter().zip(&manifests).map(|(path, manifest)| (path.as_path(), manifest.as_ref())))
    }

    fn of_file(path: &Path, manifest: &Value) -> Option<Made> {
        let manifest = manifest.as_object()?.clone();
        let space = manifest.get("space")?.as_str()?.to_owned();
        Some(Made { path: path.to_owned(), space, manifest })
    }

    /// A macro setting.
    pub fn setting(&self, name: &str) -> Option<&Value> {
        self.manifest.get(name)
    }

    fn check(&self, other: &Made) -> Result<()> {
        let (here, there) = (other.space.clone().into(), self.space.clone().into());
        let null = Value::Null;
        let of = |made: &'_ Made, name: &str| made.setting(name).unwrap_or(&null).clone();
        let settings = macro_settings(&self.space).into_iter();
        let settings = settings.map(|name| (name, of(other, name), of(self, name)));
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

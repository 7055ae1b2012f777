//! Which search space a request is about.

use super::designed::DESIGN;
use super::registry::macro_settings;
use super::{DEFAULT, Designed, Made, SearchSpace, find};
use crate::listener::Listener;
use crate::results::manifest_of;
use crate::{Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use zeronas_datasets::table::file::TableFile;
use zeronas_datasets::table::mini;

/// A search space and the macro settings of its networks. What is left open comes from the benchmark or the images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceChoice {
    /// The name of the space; [`DEFAULT`] if there is none.
    pub name: Option<String>,
    /// Macro settings by name.
    pub settings: BTreeMap<String, Value>,
}

impl SpaceChoice {
    /// Chooses the space of this name.
    pub fn named(name: &str) -> Self {
        SpaceChoice { name: Some(name.to_owned()), ..SpaceChoice::default() }
    }

    /// Sets this macro setting.
    pub fn with(mut self, setting: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(setting.to_owned(), value.into());
        self
    }

    /// Returns the choice for the networks of score files, whose manifests say which space and macro settings these have. `named` is the
    /// space that the rows name.
    ///
    /// # Errors
    /// Names the setting that contradicts a file, and the file.
    pub fn scored(&self, made: Option<&Made>, named: Option<&str>, listener: &dyn Listener) -> Result<Self> {
        let mut choice = self.clone().described()?;
        let Some(made) = made else {
            listener.note(
                "no manifest says how the networks of the score files were built; they are taken to have the macro settings of the \
                 benchmark, but for what flags or images say",
            );
            match (&choice.name, named) {
                (Some(asked), Some(named)) if asked != named => {
                    return Err(Error::setting("space", format!("is {asked}, and the score files are of {named}")));
                }
                (None, Some(named)) => choice.name = Some(named.to_owned()),
                _ => {}
            }
            return Ok(choice);
        };
        let contradicts = |name: &str, asked: &Value, found: &Value| {
            let said = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let reason = format!("is {}, and {} was scored with {}", said(asked), made.path.display(), said(found));
            Error::setting(name, reason)
        };
        let asked = choice.name.get_or_insert_with(|| made.space.clone());
        if *asked != made.space {
            return Err(contradicts("space", &asked.clone().into(), &made.space.clone().into()));
        }
        for name in macro_settings(&made.space) {
            let Some(found) = made.setting(name) else { continue };
            let asked = choice.settings.entry(name.to_owned()).or_insert_with(|| found.clone());
            if asked != found && name == DESIGN {
                let reason = format!("describes other networks than those that {} was scored on", made.path.display());
                return Err(Error::setting("space", reason));
            }
            if asked != found {
                return Err(contradicts(name, asked, found));
            }
        }
        Ok(choice)
    }

    /// Like [`SpaceChoice::scored`], for score files that are still to be read.
    ///
    /// # Errors
    /// As [`SpaceChoice::scored`].
    pub fn scored_in(&self, paths: &[PathBuf], listener: &dyn Listener) -> Result<Self> {
        if paths.is_empty() { Ok(self.clone()) } else { self.scored(Made::read(paths)?.as_ref(), None, listener) }
    }

    /// Returns the choice for the networks that were trained for the benchmark at `path`: its manifest says what the choice leaves open.
    ///
    /// # Errors
    /// If the table cannot be read, or if the choice names a space other than the table's.
    pub fn trained(&self, path: &Path, listener: &dyn Listener) -> Result<Self> {
        let manifest = if path.as_os_str() == mini::NAME {
            serde_json::from_str(mini::MANIFEST).map(Some).map_err(|error| Error::Internal(error.to_string()))?
        } else {
            manifest_of(&TableFile::open(path)?)?
        };
        let mut choice = self.clone();
        let found = manifest.as_ref().and_then(|manifest| Some((manifest["space"].as_str()?, &manifest["figures"])));
        let Some((space, settings)) = found else {
            listener.note(&format!(
                "{} has no manifest that says how its networks were built; they are taken to have the macro settings of the \
                 benchmark, but for what flags or images say",
                path.display()
            ));
            return Ok(choice);
        };
        let asked = choice.name.get_or_insert_with(|| space.to_owned());
        if asked != space {
            return Err(Error::setting("space", format!("is {asked}, and {} is of {space}", path.display())));
        }
        for (name, value) in settings.as_object().into_iter().flatten() {
            choice.settings.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(choice)
    }

    /// If a file describes the space, replaces the file's name by the description.
    fn described(mut self) -> Result<Self> {
        if let Some(path) = self.name.take_if(|name| Designed::is_file(name)) {
            let space = Designed::read(path.as_ref(), &self.asked())?;
            self.name = Some(space.name().to_owned());
            self.settings.extend(space.macro_settings().remove_entry(DESIGN));
        }
        Ok(self)
    }

    /// Number of classes, if it is set.
    pub fn classes(&self) -> Option<usize> {
        self.settings.get("classes").and_then(Value::as_u64).map(|classes| classes as usize)
    }

    /// Opens the space.
    ///
    /// # Errors
    /// Names the setting that the space does not have or cannot use.
    pub fn space(&self) -> Result<Box<dyn SearchSpace>> {
        find(self.name(), &self.asked())
    }

    /// The space's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT)
    }

    /// The macro settings that are set.
    pub(crate) fn asked(&self) -> Vec<(&str, Value)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
    }
}

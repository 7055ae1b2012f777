//! Score files: what they say about themselves, and how their columns are used.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use zeronas_datasets::nearest;

use super::super::error::Error;
use super::columns::{Column, Columns};

/// A score file and what it says about itself.
#[derive(Debug)]
pub struct ScoreFile {
    /// Its path, as given.
    pub path: PathBuf,
    /// The manifest in or beside the file, which says how its scores were made; `None` where there is none.
    pub manifest: Option<Value>,
    /// How its columns are used, where it was not written by `zeronas score`.
    pub columns: Vec<Column>,
}

impl ScoreFile {
    /// Checks that every column that was asked for is in some file.
    pub(super) fn check_found(files: &[ScoreFile], columns: &Columns) -> Result<(), Error> {
        let all = || files.iter().flat_map(|file| &file.columns);
        let taken = |name: &String| all().any(|column| column.left_out.is_none() && column.name == *name);
        match columns.proxies.iter().find(|name| !taken(name)) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> =
                    all().map(|column| column.name.as_str()).filter(|name| !name.is_empty()).collect();
                let hint = nearest(name, &known);
                Err(Error::NoProxyColumn { column: name.clone(), hint, found: known.join(", ") })
            }
        }
    }

    /// Says how the columns of other tools' tables are used, in one line per kind of table.
    pub fn told(files: &[ScoreFile]) -> Vec<String> {
        let mut told: Vec<(String, &Path, usize)> = Vec::new();
        for file in files {
            let Some(words) = file.told_of_columns() else { continue };
            match told.iter_mut().find(|(known, ..)| *known == words) {
                Some((.., more)) => *more += 1,
                None => told.push((words, &file.path, 0)),
            }
        }
        let line = |(words, path, more): (String, &Path, usize)| match more {
            0 => format!("{}: {words}", path.display()),
            more => format!("{} and {more} alike: {words}", path.display()),
        };
        told.into_iter().map(line).collect()
    }

    /// The same of one file, without its name; `None` where there is nothing to say.
    fn told_of_columns(&self) -> Option<String> {
        let taken: Vec<&str> =
            self.columns.iter().filter(|column| column.left_out.is_none()).map(|column| column.name.as_str()).collect();
        let left_out = |column: &Column| {
            let why = column.left_out.as_ref()?;
            let name = if column.name.is_empty() { "a column".to_owned() } else { format!("`{}`", column.name) };
            Some(format!("{name} ({why})"))
        };
        let left_out: Vec<String> = self.columns.iter().filter_map(left_out).collect();
        let taken = (!taken.is_empty()).then(|| format!("proxies {}", taken.join(", ")));
        let left_out = (!left_out.is_empty()).then(|| format!("left out: {}", left_out.join(", ")));
        let parts: Vec<String> = taken.into_iter().chain(left_out).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Describes the file for a manifest, including how its columns are used.
    pub fn described(&self) -> Value {
        let of = |file: &PathBuf| file.clone();
        if self.columns.is_empty() {
            return json!({ "file": of(&self.path), "manifest": self.manifest });
        }
        let taken: Vec<&str> =
            self.columns.iter().filter(|column| column.left_out.is_none()).map(|column| column.name.as_str()).collect();
        let left_out: serde_json::Map<String, Value> = self
            .columns
            .iter()
            .filter_map(|column| Some((column.name.clone(), column.left_out.clone()?.into())))
            .collect();
        json!({ "file": of(&self.path), "manifest": self.manifest, "proxies": taken, "left_out": left_out })
    }
}

//! What a command was asked for, kept with its results as `run.toml`, so that `--like` can ask for it again.

use super::{Asked, key_of};
use clap::{ArgMatches, Command};
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use zeronas::{Error, Result};

/// The file in a folder of results.
pub(super) const FILE: &str = "run.toml";

/// Settings that are of one run, and change nothing that comes of it.
const OF_ONE_RUN: [&str; 13] = [
    "out", "resume", "threads", "config", "like", "json", "wide", "width", "quiet", "verbose", "color", "help",
    "version",
];

/// The settings that a command was given.
#[derive(Debug)]
pub struct Record {
    command: String,
    settings: Vec<(String, Value)>,
    out: Option<PathBuf>,
}

impl Record {
    /// Those of a command line.
    pub fn of(program: &Command, matches: &ArgMatches, words: &[OsString]) -> Self {
        let asked = Asked::new(program, matches, words);
        let given = asked.command.get_arguments().filter(|arg| asked.is_given(arg));
        let value = |arg: &clap::Arg| {
            if !arg.get_action().takes_values() {
                return Some(Value::Bool(true));
            }
            let raw = asked.matches.get_raw(arg.get_id().as_str())?;
            let mut texts: Vec<Value> = raw.map(|text| text.to_string_lossy().into_owned().into()).collect();
            Some(if texts.len() == 1 { texts.remove(0) } else { texts.into() })
        };
        let settings = given.filter_map(|arg| Some((key_of(arg), value(arg)?)));
        let mut out = None;
        let settings = settings.inspect(|(key, value)| {
            if key == "out" {
                out = value.as_str().map(PathBuf::from);
            }
        });
        let settings = settings.filter(|(key, _)| !OF_ONE_RUN.contains(&key.as_str())).collect();
        Record { command: asked.name(), settings, out }
    }

    /// Writes them into the folder of the results, if that is where they went.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn keep(&self) -> Result<()> {
        // What has a manifest is a folder of results.
        match self.out.as_deref().filter(|out| out.join("manifest.json").is_file()) {
            Some(folder) => self.write(&folder.join(FILE)),
            None => Ok(()),
        }
    }

    fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.text()).map_err(Error::io(path, "cannot be written"))
    }

    pub(super) fn text(&self) -> String {
        // Texts and lists of texts are written alike in JSON and TOML.
        let lines = self.settings.iter().map(|(key, value)| format!("{key} = {value}\n"));
        let what = format!(
            "# What made these results: zeronas {} --like FOLDER --out ANOTHER makes them again.\n",
            self.command
        );
        what + &format!("command = {}\n", Value::from(self.command.as_str())) + &lines.collect::<String>()
    }
}

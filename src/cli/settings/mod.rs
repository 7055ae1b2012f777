//! Settings from a file: `--config run.toml`, or `--like` an earlier result. They become flags ahead of those given, which override them.

mod like;
mod record;
mod words;

pub use record::Record;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use words::words_of;
use zeronas::{Error, Result};

/// The flags that name such files.
#[derive(Clone, Debug, clap::Args)]
pub struct SettingsArgs {
    /// Take settings from this TOML file unless flags give them: a line for each, named like its flag, such as `batch-size = 64`;
    /// settings for one command alone go into a table with its name
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings from a file")]
    config: Option<PathBuf>,

    /// Take settings from an earlier result unless flags give them: a score file, or a folder that a command has written
    #[arg(
        long,
        global = true,
        value_name = "RESULT",
        conflicts_with = "config",
        help_heading = "Settings from a file"
    )]
    like: Option<PathBuf>,
}

/// A command of the program as it stands in a command line.
struct Asked<'a> {
    command: &'a Command,
    matches: &'a ArgMatches,
    /// How many words there are up to its name.
    words: usize,
}

impl<'a> Asked<'a> {
    fn new(program: &'a Command, matches: &'a ArgMatches, words: &[OsString]) -> Self {
        let mut asked = Asked { command: program, matches, words: 1 };
        while let Some((name, matches)) = asked.matches.subcommand() {
            let Some(command) = asked.command.find_subcommand(name) else { break };
            let after = words.iter().skip(asked.words).position(|word| word.as_os_str() == name);
            asked = Asked { command, matches, words: asked.words + after.map_or(0, |place| place + 1) };
        }
        asked
    }

    fn name(&self) -> String {
        // The first word is what the program was called by.
        let words = self.command.get_bin_name().and_then(|name| name.split_once(' '));
        words.map_or(String::new(), |(_, name)| name.to_owned())
    }

    /// The flag or place of this name.
    fn arg(&self, key: &str) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| key_of(arg) == key)
    }

    fn is_given(&self, arg: &Arg) -> bool {
        let known = self.matches.ids().any(|id| id == arg.get_id());
        known && self.matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    }

    /// Whether the setting, or one that takes its place, is given.
    fn is_overridden(&self, arg: &Arg) -> bool {
        let exclude = |one: &Arg, other: &Arg| {
            let conflicts = self.command.get_arg_conflicts_with(one);
            let alone = |group: &clap::ArgGroup| {
                let both = [one, other].map(|arg| group.get_args().any(|id| id == arg.get_id()));
                both == [true, true] && !group.clone().is_multiple()
            };
            conflicts.iter().any(|arg| arg.get_id() == other.get_id()) || self.command.get_groups().any(alone)
        };
        let mut given = self.command.get_arguments().filter(|other| self.is_given(other));
        given.any(|given| given.get_id() == arg.get_id() || exclude(arg, given) || exclude(given, arg))
    }
}

/// What a setting is called in a file: as its flag, or as its place.
fn key_of(arg: &Arg) -> String {
    arg.get_long().map_or_else(|| arg.get_id().as_str().replace('_', "-"), str::to_owned)
}

/// A command line with the settings of the file that it names.
///
/// # Errors
/// Names the file, and the setting in it that there is none of.
pub fn expanded(program: &Command, words: Vec<OsString>) -> Result<Vec<OsString>> {
    let names = |flag: &str| {
        let is = |word: &str| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        words.iter().filter_map(|word| word.to_str()).any(is)
    };
    if !names("--config") && !names("--like") {
        return Ok(words);
    }
    let mut program = program.clone().ignore_errors(true);
    program.build();
    // What is wrong with the line shows when all of it is there.
    let Ok(matches) = program.clone().try_get_matches_from(&words) else { return Ok(words) };
    let asked = Asked::new(&program, &matches, &words);
    let path = |flag: &str| asked.matches.try_get_one::<PathBuf>(flag).ok().flatten().cloned();
    let (path, settings) = match (path("config"), path("like")) {
        (Some(path), _) => (path.clone(), of_toml(&path, &asked.name())?),
        (_, Some(path)) => (path.clone(), like::settings(&path, &asked.name())?),
        (None, None) => return Ok(words),
    };
    let (mut places, mut flags) = (Vec::new(), Vec::new());
    for (key, value) in settings {
        let key = key.replace('_', "-");
        let arg = asked.arg(&key).ok_or_else(|| unknown(&path, &key, &asked))?;
        if asked.is_overridden(arg) {
            continue;
        }
        let found = words_of(arg, &value).map_err(|reason| Error::file(&path, format!("`{key}`: {reason}")))?;
        if arg.is_positional() { places.extend(found) } else { flags.extend(found) }
    }
    let mut expanded = words[..asked.words].to_vec();
    expanded.extend(places.into_iter().chain(flags).map(OsString::from));
    expanded.extend_from_slice(&words[asked.words..]);
    Ok(expanded)
}

fn unknown(path: &Path, key: &str, asked: &Asked<'_>) -> Error {
    let known: Vec<String> = asked.command.get_arguments().map(key_of).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let near = zeronas_datasets::nearest(key, &known).map(|near| format!(" (did you mean `{near}`?)"));
    Error::file(path, format!("zeronas {} has no setting `{key}`{}", asked.name(), near.unwrap_or_default()))
}

/// The settings of a command in a file: those for any, and those in the table that is called like it.
fn of_toml(path: &Path, command: &str) -> Result<Map<String, Value>> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path, "cannot be read"))?;
    let settings: Map<String, Value> =
        toml::from_str(&text).map_err(|error| Error::file(path, error.to_string().trim_end()))?;
    let (tables, mut settings): (Map<_, _>, Map<_, _>) = settings.into_iter().partition(|(_, value)| value.is_object());
    for (name, table) in tables {
        if super::Cli::commands().iter().all(|known| *known != name) {
            let known = super::Cli::commands();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let near = zeronas_datasets::nearest(&name, &known).map(|near| format!(" (did you mean `{near}`?)"));
            return Err(Error::file(path, format!("there is no command `{name}`{}", near.unwrap_or_default())));
        }
        if let Value::Object(table) = table
            && name == command
        {
            settings.extend(table);
        }
    }
    // A file may say which command it is for.
    match settings.remove("command") {
        Some(Value::String(of)) if of != command => Err(Error::file(path, format!("has settings of zeronas {of}"))),
        _ => Ok(settings),
    }
}

#[cfg(test)]
mod tests;

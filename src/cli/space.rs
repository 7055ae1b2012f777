//! The flags that choose a search space and the macro settings of its networks.

use crate::images::Images;
use crate::report::scores::Made;
use crate::space::{self, MacroSetting, SearchSpace, Values};
use crate::{Error, Result};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgGroup, ArgMatches, Args, Command, FromArgMatches, value_parser};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A search space and what its networks have in common.
#[derive(Clone, Debug, Default)]
pub struct SpaceArgs {
    /// The space, if one is named.
    space: Option<String>,
    /// The macro settings that are made, by name.
    settings: BTreeMap<&'static str, Value>,
}

/// What the flags of a space are called together, to keep them from standing beside others.
pub(super) const GROUP: &str = "space-flags";

impl SpaceArgs {
    /// The same for the networks of score files: their manifests say which space and macro settings these have. `named` is the space
    /// that the rows name.
    ///
    /// # Errors
    /// Names the flag that contradicts a file, and the file.
    pub fn scored(&self, made: Option<&Made>, named: Option<&str>) -> Result<Self> {
        let mut args = self.clone();
        let Some(made) = made else {
            eprintln!(
                "no manifest says how the networks of the score files were built; they are taken to have the macro settings of the \
                 benchmark, but for what flags or images say"
            );
            match (&args.space, named) {
                (Some(asked), Some(named)) if asked != named => {
                    return Err(Error::flag("--space", format!("is {asked}, and the score files are of {named}")));
                }
                (None, Some(named)) => args.space = Some(named.to_owned()),
                _ => {}
            }
            return Ok(args);
        };
        let contradicts = |name: &str, asked: &Value, found: &Value| {
            let said = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let reason = format!("is {}, and {} was scored with {}", said(asked), made.path.display(), said(found));
            Error::flag(format!("--{name}"), reason)
        };
        let asked = args.space.get_or_insert_with(|| made.space.clone());
        if *asked != made.space {
            return Err(contradicts("space", &asked.clone().into(), &made.space.clone().into()));
        }
        let settings = space::benchmark(&made.space).map(|benchmark| benchmark.macro_settings).unwrap_or_default();
        for name in settings.iter().map(|setting| setting.name) {
            let Some(found) = made.setting(name) else { continue };
            let asked = args.settings.entry(name).or_insert_with(|| found.clone());
            if asked != found {
                return Err(contradicts(name, asked, found));
            }
        }
        Ok(args)
    }

    /// The same for score files that are still to be read.
    ///
    /// # Errors
    /// As [`SpaceArgs::scored`].
    pub fn scored_in<P: AsRef<Path>>(&self, paths: &[P]) -> Result<Self> {
        if paths.is_empty() { Ok(self.clone()) } else { self.scored(Made::read(paths)?.as_ref(), None) }
    }

    /// Number of classes, where a flag says it.
    pub fn classes(&self) -> Option<usize> {
        self.settings.get("classes").and_then(Value::as_u64).map(|classes| classes as usize)
    }

    /// The checked space whose networks suit these images: their side and classes stand where no flag says otherwise.
    pub fn space_for(&self, images: &Images) -> Result<Box<dyn SearchSpace>> {
        images.space(self.name(), &self.asked())
    }

    /// The checked space; an error names the flag that the space does not have or cannot use.
    pub fn space(&self) -> Result<Box<dyn SearchSpace>> {
        space::find(self.name(), &self.asked())
    }

    fn name(&self) -> &str {
        self.space.as_deref().unwrap_or(space::DEFAULT)
    }

    /// The macro settings that flags say.
    fn asked(&self) -> Vec<(&str, Value)> {
        self.settings.iter().map(|(name, value)| (*name, value.clone())).collect()
    }
}

/// Every macro setting of any space once, with the spaces that have it.
fn settings() -> Vec<(&'static MacroSetting, Vec<&'static str>)> {
    let mut settings: Vec<(&MacroSetting, Vec<&str>)> = Vec::new();
    for benchmark in space::all() {
        for setting in benchmark.macro_settings {
            match settings.iter_mut().find(|(known, _)| known.name == setting.name) {
                Some((_, spaces)) => spaces.push(benchmark.name),
                None => settings.push((setting, vec![benchmark.name])),
            }
        }
    }
    settings
}

/// What a setting is, and its default in each of the spaces that have it.
fn help(setting: &MacroSetting, spaces: &[&str]) -> String {
    let of = |space: &&str| space::as_published(space).ok()?.macro_settings().remove(setting.name);
    let defaults: Vec<(&str, String)> = spaces
        .iter()
        .filter_map(|space| Some((*space, of(space)?)))
        .map(|(space, value)| (space, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let default = match &defaults[..] {
        [(_, first), rest @ ..] if spaces.len() == space::all().count() && rest.iter().all(|(_, one)| one == first) => {
            first.clone()
        }
        _ => defaults.iter().map(|(space, value)| format!("{space} {value}")).collect::<Vec<_>>().join(", "),
    };
    format!("{} [default: {default}]", setting.about)
}

impl Args for SpaceArgs {
    fn augment_args(command: Command) -> Command {
        let space = Arg::new("space").long("space").value_name("SPACE").help(format!(
            "Search space: {} [default: {}]",
            space::names(),
            space::DEFAULT
        ));
        let flags = settings().into_iter().map(|(setting, spaces)| {
            let arg = Arg::new(setting.name).long(setting.name).value_name(setting.value).help(help(setting, &spaces));
            match setting.values {
                Values::Numbers => arg.value_parser(value_parser!(u64)),
                Values::Words(words) => arg.value_parser(PossibleValuesParser::new(words)),
            }
        });
        let flags: Vec<Arg> = std::iter::once(space).chain(flags).collect();
        let group = ArgGroup::new(GROUP).multiple(true).args(flags.iter().map(Arg::get_id));
        command.args(flags).group(group)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SpaceArgs {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let value = |setting: &MacroSetting| match setting.values {
            Values::Numbers => matches.get_one::<u64>(setting.name).map(|&number| number.into()),
            Values::Words(_) => matches.get_one::<String>(setting.name).map(|word| word.as_str().into()),
        };
        let settings = settings().into_iter().filter_map(|(setting, _)| Some((setting.name, value(setting)?)));
        Ok(SpaceArgs { space: matches.get_one::<String>("space").cloned(), settings: settings.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        let SpaceArgs { space, settings } = Self::from_arg_matches(matches)?;
        self.space = space.or(self.space.take());
        self.settings.extend(settings);
        Ok(())
    }
}

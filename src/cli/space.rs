//! The flags that choose a search space and the macro settings of its networks.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgGroup, ArgMatches, Args, Command, FromArgMatches, value_parser};
use serde_json::Value;
use std::collections::BTreeMap;
use zeronas::space::{self, MacroSetting, SpaceChoice, Values};

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

impl From<SpaceArgs> for SpaceChoice {
    fn from(SpaceArgs { space, settings }: SpaceArgs) -> Self {
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        SpaceChoice { name: space, settings }
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
        let space = Arg::new("space").long("space").value_name("SPACE").help_heading("Architectures").help(format!(
            "Search space: {}, or a .toml, .json or .yaml file that describes your own [default: {}]",
            space::names(),
            space::DEFAULT
        ));
        let flags = settings().into_iter().map(|(setting, spaces)| {
            let arg = Arg::new(setting.name).long(setting.name).value_name(setting.value).help(help(setting, &spaces));
            let arg = arg.help_heading("How networks are built");
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
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |setting: &MacroSetting| match setting.values {
            Values::Numbers => matches.get_one::<u64>(setting.name).map(|&number| number.into()),
            Values::Words(_) => matches.get_one::<String>(setting.name).map(|word| word.as_str().into()),
        };
        let settings = settings().into_iter().filter_map(|(setting, _)| Some((setting.name, value(setting)?)));
        Ok(SpaceArgs { space: matches.get_one::<String>("space").cloned(), settings: settings.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let SpaceArgs { space, settings } = Self::from_arg_matches(matches)?;
        self.space = space.or(self.space.take());
        self.settings.extend(settings);
        Ok(())
    }
}

//! Recipes on the command line: whichever the benchmarks have.

use crate::train::RecipeName;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::ffi::OsStr;

/// Reads the name of a recipe.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecipeParser;

fn named() -> impl Iterator<Item = PossibleValue> {
    RecipeName::all().map(|recipe| PossibleValue::new(recipe.name()).help(recipe.about()))
}

impl TypedValueParser for RecipeParser {
    type Value = RecipeName;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<RecipeName, clap::Error> {
        let name = PossibleValuesParser::new(named()).parse_ref(command, arg, value)?;
        // The parser takes no other names.
        RecipeName::find(&name).ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidValue).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(named()))
    }
}

//! Settings that are one of a few words, as flags.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use zeronas::train::RecipeName;
use zeronas::words::Word;

/// Reads one of a setting's words.
pub(super) fn words<T: Word>() -> impl TypedValueParser<Value = T> {
    let listed = T::ALL.iter().map(|(_, word, about)| PossibleValue::new(*word).help(*about));
    PossibleValuesParser::new(listed).try_map(|word| T::read(&word))
}

/// Reads the name of a recipe: whichever the benchmarks have.
pub(super) fn recipes() -> impl TypedValueParser<Value = RecipeName> {
    let listed = RecipeName::all().map(|recipe| PossibleValue::new(recipe.name()).help(recipe.about()));
    PossibleValuesParser::new(listed).try_map(|name| RecipeName::find(&name).ok_or("is no recipe"))
}

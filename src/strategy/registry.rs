//! Strategies by name, and their settings: set by name, checked and recorded.

use super::recipe::name_of;
use super::{Bananas, Every, Genetic, Local, Lstm, Nsga2, Random, Rea, Recipe, Reinforce};
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The names that [`find`] knows.
pub const NAMES: [&str; 9] = ["random", "every", "local", "rea", "genetic", "reinforce", "lstm", "nsga2", "bananas"];

/// Returns the strategy called `name`, with its default settings except for those in `asked`; its module says where the defaults come from.
/// The error names the setting at fault: one that the strategy does not have, or whose value is invalid.
pub fn find(name: &str, asked: &[(&str, Value)]) -> Result<Box<dyn Recipe>> {
    match name {
        "random" => with::<Random>(asked),
        "every" => with::<Every>(asked),
        "local" => with::<Local>(asked),
        "rea" => with::<Rea>(asked),
        "genetic" => with::<Genetic>(asked),
        "reinforce" => with::<Reinforce>(asked),
        "lstm" => with::<Lstm>(asked),
        "nsga2" => with::<Nsga2>(asked),
        "bananas" => with::<Bananas>(asked),
        _ => {
            let reason = format!("`{name}` is not a strategy; there are {}", NAMES.join(", "));
            Err(Error::setting("strategy", reason))
        }
    }
}

fn with<R>(asked: &[(&str, Value)]) -> Result<Box<dyn Recipe>>
where
    R: Recipe + Default + DeserializeOwned + 'static,
{
    let default = R::default();
    let mut settings = default.settings();
    for (setting, value) in asked {
        let name = name_of(setting);
        let Some(place) = settings.get_mut(*setting) else {
            let known: Vec<String> = settings.keys().map(|setting| format!("`{}=`", name_of(setting))).collect();
            let has = if known.is_empty() { "none".into() } else { known.join(", ") };
            let reason = format!("{} has no such setting; it has {has}", default.name());
            return Err(Error::setting(name, reason));
        };
        if place.is_u64() && !value.is_u64() {
            return Err(Error::setting(name, format!("must be a whole number, not {value}")));
        }
        if place.is_f64() && !value.is_number() {
            return Err(Error::setting(name, format!("must be a number, not {value}")));
        }
        *place = value.clone();
    }
    let recipe: R =
        serde_json::from_value(Value::Object(settings)).map_err(|error| Error::Internal(error.to_string()))?;
    recipe.check()?;
    Ok(Box::new(recipe))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_left_out_are_the_defaults() {
        let recipe = find("rea", &[("population", json!(20))]).unwrap();
        assert_eq!(Value::Object(recipe.settings()), json!({"population": 20, "tournament": 3}));
        for name in NAMES {
            assert_eq!(find(name, &[]).unwrap().name(), name);
        }
        assert!(find("reinforce", &[("learning-rate", json!(1))]).is_ok(), "a whole number is a number");
        assert!(find("rea", &[("tournament", json!(11))]).is_ok(), "members are drawn with replacement");
    }

    #[test]
    fn impossible_settings_are_refused_by_name() {
        for (strategy, setting, value) in [
            ("rea", "population", json!(0)),
            ("rea", "population", json!(2.5)),
            ("rea", "population", json!(-1)),
            ("rea", "tournament", json!(0)),
            ("rea", "learning-rate", json!(0.1)),
            ("random", "population", json!(10)),
            ("genetic", "population", json!(1)),
            ("genetic", "tournament", json!(1)),
            ("genetic", "tournament", json!(26)),
            ("reinforce", "learning-rate", json!(0)),
            ("reinforce", "learning-rate", json!("fast")),
            ("reinforce", "momentum", json!(1)),
            ("lstm", "batch", json!(0)),
            ("lstm", "hidden", json!(0)),
            ("lstm", "entropy", json!(-0.1)),
            ("lstm", "momentum", json!(1.5)),
            ("nsga2", "population", json!(1)),
            ("nsga2", "crossover", json!(1.1)),
            ("bananas", "initial", json!(1)),
            ("bananas", "batch", json!(101)),
            ("bananas", "ensemble", json!(0)),
            ("bananas", "candidates", json!(0)),
        ] {
            let error = find(strategy, &[(setting, value)]).err().unwrap().to_string();
            assert!(error.starts_with(&format!("`{}=`:", name_of(setting))), "{strategy}: {error}");
        }
        let error = find("tabu", &[]).err().unwrap().to_string();
        assert!(error.contains("`tabu` is not a strategy; there are random, every, "), "{error}");
    }
}

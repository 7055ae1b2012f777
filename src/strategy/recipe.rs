//! Strategies by name, and their settings: set by name, checked, written down.

use super::{Bananas, Every, Genetic, Local, Lstm, Nsga2, Random, Rea, Reinforce, Start, Strategy};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A strategy with its settings: what all runs of a search share.
pub trait Recipe: Send + Sync {
    /// The field's name for it.
    fn name(&self) -> &'static str;

    /// All settings by their names.
    fn settings(&self) -> Map<String, Value>;

    /// Whether a search can go by these settings; the error names the one at fault.
    fn check(&self) -> Result<()>;

    /// Sets up one run; the error names the setting that the strategy cannot start from.
    fn start(&self, start: Start) -> Result<Box<dyn Strategy>>;
}

/// The names that [`find`] knows.
pub const NAMES: [&str; 9] = ["random", "every", "local", "rea", "genetic", "reinforce", "lstm", "nsga2", "bananas"];

/// The strategy called `name` with its default settings, but for those in `asked`; its module says where the defaults come
/// from. An error names the setting at fault: one
/// that the strategy does not have, or that makes no sense.
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

/// What a setting is called by whoever sets it.
fn name_of(setting: &str) -> String {
    setting.replace('-', "_")
}

/// The fields of settings by their names.
pub(super) fn fields(settings: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// Whether a setting is a number above 0.
pub(super) fn check_positive(setting: &str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::setting(name_of(setting), format!("must be above 0, not {value}")))
}

/// Whether a setting is a share: between 0 and 1.
pub(super) fn check_share(setting: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::setting(name_of(setting), format!("must be between 0 and 1, not {value}")))
}

/// Whether a moving average has a weight for what is new: whether its momentum is at least 0 and below 1.
pub(super) fn check_momentum(momentum: f64) -> Result<()> {
    if (0.0..1.0).contains(&momentum) {
        return Ok(());
    }
    Err(Error::setting("momentum", format!("must be at least 0 and below 1, not {momentum}")))
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

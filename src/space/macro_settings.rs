//! The settings of a space's networks that no architecture decides: set by name, checked, written down.

use super::SearchSpace;
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// Opens a space with its defaults, except for the macro settings in `asked`.
pub(super) fn open<S>(asked: &[(&str, Value)]) -> Result<Box<dyn SearchSpace>>
where
    S: SearchSpace + Default + DeserializeOwned + 'static,
{
    let benchmark = S::default();
    let mut settings = benchmark.macro_settings();
    put(benchmark.name(), &mut settings, asked)?;
    // The kinds are right, so what cannot be read is a word that the setting does not have.
    let space: S = serde_json::from_value(Value::Object(settings))
        .map_err(|error| Error::setting("space", format!("{}: {error}", benchmark.name())))?;
    Ok(Box::new(space.checked()?))
}

/// Replaces settings of `space` by those in `asked`; the space must have each of them, with a value of the same kind.
pub(super) fn put(space: &str, settings: &mut Map<String, Value>, asked: &[(&str, Value)]) -> Result<()> {
    for (name, value) in asked {
        let Some(place) = settings.get_mut(*name) else {
            let known: Vec<String> = settings.keys().map(|name| format!("`{name}=`")).collect();
            let reason = format!("{space} has no such setting; it has {}", known.join(", "));
            return Err(Error::setting(*name, reason));
        };
        let kind = if place.is_string() { "a word" } else { "a whole number" };
        if place.is_string() != value.is_string() || place.is_u64() != value.is_u64() {
            return Err(Error::setting(*name, format!("must be {kind}, not {value}")));
        }
        *place = value.clone();
    }
    Ok(())
}

/// A space's fields by their names.
pub(super) fn of(space: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(space) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    }
}

/// A setting that is a number; 0, which no network has, if it is missing.
pub(super) fn number(settings: &Map<String, Value>, name: &str) -> usize {
    settings.get(name).and_then(Value::as_u64).and_then(|number| number.try_into().ok()).unwrap_or(0)
}

/// Checks that each setting lies in its range; an error names the one that does not. Ranges end far above any benchmark; they only keep
/// a mistyped number from asking for all memory.
pub(crate) fn check_ranges(settings: &[(&str, usize, RangeInclusive<usize>)]) -> Result<()> {
    for (name, value, range) in settings {
        if value < range.start() {
            return Err(Error::setting(*name, format!("must be at least {}, not {value}", range.start())));
        }
        if value > range.end() {
            return Err(Error::setting(*name, format!("must be at most {}, not {value}", range.end())));
        }
    }
    Ok(())
}

/// Whether images of this side can be halved this often.
pub(super) fn check_resolution(resolution: usize, halvings: usize) -> Result<()> {
    check_ranges(&[("resolution", resolution, 1..=1024)])?;
    let factor = 1 << halvings;
    if !resolution.is_multiple_of(factor) {
        return Err(Error::setting("resolution", format!("must be a multiple of {factor}, not {resolution}")));
    }
    Ok(())
}

/// Largest number of logits that a network may have.
pub(super) const MOST_CLASSES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::find;

    #[test]
    fn settings_left_out_are_the_benchmarks() {
        let space = find("nats-tss", &[("cells", 1), ("classes", 100)]).unwrap();
        let settings = Value::Object(space.macro_settings());
        assert_eq!(settings, serde_json::json!({"channels": 16, "cells": 1, "classes": 100, "resolution": 32}));
        assert_eq!((space.classes(), space.resolution()), (100, 32));
    }

    #[test]
    fn a_setting_of_another_space_is_refused_by_name_and_space() {
        for (space, name) in
            [("nats-sss", "channels"), ("nats-sss", "stem"), ("nats-tss", "stacks"), ("nb101", "cells")]
        {
            let error = find(space, &[(name, 1)]).err().unwrap().to_string();
            assert!(error.contains(space) && error.starts_with(&format!("`{name}=`:")), "{error}");
        }
    }

    #[test]
    fn settings_that_build_no_network_are_refused() {
        for (space, name, value) in [
            ("nats-tss", "channels", 0),
            ("nats-tss", "cells", 101),
            ("nats-sss", "classes", 0),
            ("nats-sss", "resolution", 30),
            ("nb101", "stem", 4),
            ("nb101", "stacks", 0),
            ("nb101", "modules", 0),
            ("nb101", "resolution", 2),
        ] {
            let error = find(space, &[(name, value)]).err().unwrap().to_string();
            assert!(error.starts_with(&format!("`{name}=`:")), "{error}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        for value in [Value::from(-1), 1.5.into(), "few".into(), Value::Null] {
            let error = find("nats-tss", &[("cells", value)]).err().unwrap().to_string();
            assert!(error.starts_with("`cells=`: must be a whole number, not"), "{error}");
        }
    }
}

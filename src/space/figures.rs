//! The figures of a space's networks that no architecture decides: set by name, checked, written down.

use super::{NatsSss, NatsTss, Nb101, SearchSpace};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The space called `name` with the benchmark's figures, but for those in `asked`. An error names the flag at fault: that
/// of a figure which the space does not have, or which no network can be built with.
pub fn find(name: &str, asked: &[(&str, usize)]) -> Result<Box<dyn SearchSpace>> {
    match name {
        "nats-tss" => Ok(Box::new(with::<NatsTss>(asked)?)),
        "nats-sss" => Ok(Box::new(with::<NatsSss>(asked)?)),
        "nb101" => Ok(Box::new(with::<Nb101>(asked)?)),
        _ => Err(Error::flag("--space", format!("`{name}` is not a space; there are nats-tss, nats-sss, nb101"))),
    }
}

fn with<S: SearchSpace + Default + DeserializeOwned>(asked: &[(&str, usize)]) -> Result<S> {
    let benchmark = S::default();
    let mut figures = benchmark.figures();
    for &(figure, value) in asked {
        let Some(place) = figures.get_mut(figure) else {
            let known: Vec<String> = figures.keys().map(|figure| format!("--{figure}")).collect();
            let reason = format!("{} has no such figure; it has {}", benchmark.name(), known.join(", "));
            return Err(Error::flag(format!("--{figure}"), reason));
        };
        *place = value.into();
    }
    let space: S =
        serde_json::from_value(Value::Object(figures)).map_err(|error| Error::Internal(error.to_string()))?;
    space.checked()
}

/// A space's fields by their names.
pub(super) fn of(space: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(space) {
        Ok(Value::Object(figures)) => figures,
        _ => Map::new(),
    }
}

/// Whether each figure lies in its range; the error names its flag. Ranges end far above any benchmark, to keep a mistyped
/// number from asking for all memory.
pub(crate) fn check_ranges(figures: &[(&str, usize, RangeInclusive<usize>)]) -> Result<()> {
    for (figure, value, range) in figures {
        if value < range.start() {
            return Err(Error::flag(format!("--{figure}"), format!("must be at least {}, not {value}", range.start())));
        }
        if value > range.end() {
            return Err(Error::flag(format!("--{figure}"), format!("must be at most {}, not {value}", range.end())));
        }
    }
    Ok(())
}

/// Whether images of this side can be halved this often.
pub(super) fn check_resolution(resolution: usize, halvings: usize) -> Result<()> {
    check_ranges(&[("resolution", resolution, 1..=1024)])?;
    let factor = 1 << halvings;
    if !resolution.is_multiple_of(factor) {
        return Err(Error::flag("--resolution", format!("must be a multiple of {factor}, not {resolution}")));
    }
    Ok(())
}

/// Most logits that a network may have.
pub(super) const MOST_CLASSES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_left_out_are_the_benchmarks() {
        let space = find("nats-tss", &[("cells", 1), ("classes", 100)]).unwrap();
        let figures = Value::Object(space.figures());
        assert_eq!(figures, serde_json::json!({"channels": 16, "cells": 1, "classes": 100, "resolution": 32}));
        assert_eq!((space.classes(), space.resolution()), (100, 32));
    }

    #[test]
    fn a_figure_of_another_space_is_refused_by_flag_and_space() {
        for (space, figure) in
            [("nats-sss", "channels"), ("nats-sss", "stem"), ("nats-tss", "stacks"), ("nb101", "cells")]
        {
            let error = find(space, &[(figure, 1)]).err().unwrap().to_string();
            assert!(error.contains(space) && error.starts_with(&format!("--{figure}:")), "{error}");
        }
    }

    #[test]
    fn figures_that_build_no_network_are_refused() {
        for (space, figure, value) in [
            ("nats-tss", "channels", 0),
            ("nats-tss", "cells", 101),
            ("nats-sss", "classes", 0),
            ("nats-sss", "resolution", 30),
            ("nb101", "stem", 4),
            ("nb101", "stacks", 0),
            ("nb101", "modules", 0),
            ("nb101", "resolution", 2),
        ] {
            let error = find(space, &[(figure, value)]).err().unwrap().to_string();
            assert!(error.starts_with(&format!("--{figure}:")), "{error}");
        }
    }
}

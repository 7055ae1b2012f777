//! The budget of a run: it ends when any of several limits is reached.
//!
//! Limits are checked before each evaluation, as in the programs of NATS-Bench, so the last evaluation may exceed them.

use crate::words::seconds;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;

/// One reason to stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// This many evaluations.
    Evaluations(usize),
    /// Seconds of training: simulated ones as recorded in the table, or real ones if the search really trains.
    Seconds(f64),
    /// Wall-clock seconds of the run.
    Wall(f64),
    /// An evaluation that is at least this good.
    Target(f64),
    /// This many evaluations since the best.
    Patience(usize),
}

impl Limit {
    /// Its name, which precedes its number and records why a run ended.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Evaluations(_) => "evaluations",
            Limit::Seconds(_) => "seconds",
            Limit::Wall(_) => "wall",
            Limit::Target(_) => "target",
            Limit::Patience(_) => "patience",
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let malformed = || {
            format!(
                "`{text}` must read evaluations=N, seconds=S (simulated), wall=S, target=A or patience=N (without a better one)"
            )
        };
        let (name, number) = text.split_once('=').ok_or_else(malformed)?;
        let count = || match number.parse() {
            Ok(0) | Err(_) => Err(format!("{name} must be a whole number from 1, not `{number}`")),
            Ok(count) => Ok(count),
        };
        let real = || match number.parse::<f64>() {
            Ok(real) if real.is_finite() => Ok(real),
            _ => Err(format!("{name} must be a number, not `{number}`")),
        };
        match name {
            "evaluations" => count().map(Limit::Evaluations),
            "seconds" => seconds(number).map(Limit::Seconds),
            "wall" => seconds(number).map(Limit::Wall),
            "target" => real().map(Limit::Target),
            "patience" => count().map(Limit::Patience),
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.name())?;
        match self {
            Limit::Evaluations(count) | Limit::Patience(count) => write!(f, "{count}"),
            Limit::Seconds(number) | Limit::Wall(number) | Limit::Target(number) => write!(f, "{number}"),
        }
    }
}

/// How much of its budget a run has spent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    /// Evaluations.
    pub evaluations: usize,
    /// Simulated seconds.
    pub seconds: f64,
    /// Seconds since the run began.
    pub wall: f64,
    /// The feedback of the incumbent.
    pub best: Option<f64>,
    /// Evaluations since the incumbent's.
    pub since_best: usize,
}

/// Several limits, at most one of a kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget(Vec<Limit>);

impl Budget {
    /// Creates a budget of these limits; without any, it is unlimited.
    ///
    /// # Errors
    /// Names the setting `budget` if a kind of limit occurs twice.
    pub fn new(limits: &[Limit]) -> Result<Self> {
        for (place, limit) in limits.iter().enumerate() {
            if limits[..place].iter().any(|earlier| discriminant(earlier) == discriminant(limit)) {
                return Err(Error::setting("budget", format!("says {} twice", limit.name())));
            }
        }
        Ok(Budget(limits.to_vec()))
    }

    /// The limits, in the order given.
    pub fn limits(&self) -> &[Limit] {
        &self.0
    }

    /// The limits that `keep` selects.
    pub(super) fn only(&self, keep: impl Fn(&Limit) -> bool) -> Budget {
        Budget(self.0.iter().copied().filter(keep).collect())
    }

    /// The first limit that is reached.
    pub(super) fn reached(&self, spent: &Spent) -> Option<Limit> {
        self.0.iter().copied().find(|limit| match *limit {
            Limit::Evaluations(count) => spent.evaluations >= count,
            Limit::Seconds(seconds) => spent.seconds >= seconds,
            Limit::Wall(seconds) => spent.wall >= seconds,
            Limit::Target(target) => spent.best.is_some_and(|best| best >= target),
            Limit::Patience(count) => spent.best.is_some() && spent.since_best >= count,
        })
    }

    /// The number of evaluations left; `usize::MAX` if it is not limited.
    pub(super) fn evaluations_left(&self, spent: &Spent) -> usize {
        let left = |limit: &Limit| match *limit {
            Limit::Evaluations(count) => Some(count.saturating_sub(spent.evaluations)),
            _ => None,
        };
        self.0.iter().find_map(left).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_they_are_written() {
        for text in ["evaluations=300", "seconds=12000", "wall=0.5", "target=94.3", "patience=50"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
        assert_eq!("wall=30m".parse::<Limit>().unwrap(), Limit::Wall(1800.0));
        for (text, part) in [
            ("evaluations=0", "from 1"),
            ("patience=1.5", "whole number"),
            ("seconds=0", "above 0"),
            ("wall=-3", "above 0"),
            ("target=NaN", "a number"),
            ("seconds", "must read"),
            ("epochs=3", "must read"),
        ] {
            let error = text.parse::<Limit>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        let twice = Budget::new(&[Limit::Seconds(1.0), Limit::Target(1.0), Limit::Seconds(2.0)]);
        assert_eq!(twice.unwrap_err().to_string(), "`budget=`: says seconds twice");
    }

    #[test]
    fn the_first_limit_reached_ends_the_run() {
        let budget =
            Budget::new(&[Limit::Evaluations(10), Limit::Seconds(5.0), Limit::Target(90.0), Limit::Patience(3)]);
        let budget = budget.unwrap();
        let at = |evaluations, seconds, best, since_best| {
            budget.reached(&Spent { evaluations, seconds, wall: 0.0, best, since_best }).map(Limit::name)
        };
        assert_eq!(at(9, 4.9, Some(89.0), 2), None);
        assert_eq!(at(0, 0.0, None, 9), None, "patience begins with the first value");
        assert_eq!(at(10, 4.9, None, 0), Some("evaluations"));
        assert_eq!(at(3, 5.0, Some(90.0), 0), Some("seconds"));
        assert_eq!(at(3, 1.0, Some(90.0), 0), Some("target"));
        assert_eq!(at(3, 1.0, Some(10.0), 3), Some("patience"));
    }
}

//! Joining readings with a benchmark by architecture, and deciding what architectures without a number count as.

use std::collections::{BTreeMap, HashMap};

use super::average::{ProxyReadings, Reading, Readings};
use super::error::{Error, Result};
use super::measure::Observation;
use crate::words::Word;

pub use zeronas_proxies::proxy::Direction;

/// What an architecture counts as if a proxy has no number for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadPolicy {
    /// All such architectures share the worst rank; they are left out of Pearson's r.
    #[default]
    Worst,
    /// They are left out of everything.
    Drop,
}

impl Word for BadPolicy {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (BadPolicy::Worst, "worst", "They share the worst rank, and are left out of Pearson's r"),
        (BadPolicy::Drop, "drop", "They are left out of everything"),
    ];
}

/// A column of numbers by architecture: one of the benchmark, in which more is better, or the variable that partial
/// correlations control for.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name of the column.
    pub name: String,
    /// Its finite values, by architecture.
    pub values: HashMap<String, f64>,
}

/// A proxy and a target on the architectures that they have in common.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// The architectures that take part, in the order of [`Readings::archs`].
    pub observations: Vec<Observation>,
    /// The index of each of them into [`Readings::archs`].
    pub rows: Vec<usize>,
    /// How many have a number, ln 0 included.
    pub ok: usize,
    /// How many have none, by status.
    pub bad: BTreeMap<String, usize>,
    /// How many of `ok` are ln 0: ranked below every number and left out of Pearson's r.
    pub ln_zero: usize,
    /// How many were scored and have no value of the target; they are counted nowhere else.
    pub missing: usize,
    /// Mean wall time of an evaluation in seconds; `None` where none was timed.
    pub seconds_mean: Option<f64>,
}

/// The standing of ln 0: no logarithm of a double lies below -746, and a bad architecture stands at infinity.
pub(super) const LN_ZERO: f64 = f64::MIN;

/// What a reading is ranked by; `None` where it takes no part.
pub fn standing(reading: &Reading, direction: Direction, bad: BadPolicy) -> Option<f64> {
    match (reading, bad) {
        (Reading::Value(value), _) => Some(*value),
        (Reading::LnZero, _) => Some(LN_ZERO),
        (Reading::Bad(_), BadPolicy::Worst) => Some(direction.worst()),
        (Reading::Bad(_), BadPolicy::Drop) => None,
    }
}

/// Joins one proxy's readings with one target, and with what partial correlations control for.
pub fn join(
    archs: &[String],
    proxy: &ProxyReadings,
    target: &Target,
    given: Option<&Target>,
    direction: Direction,
    bad: BadPolicy,
) -> Sample {
    let mut sample = Sample::default();
    let (mut seconds, mut timed) = (0.0, 0);
    for (row, ((arch, reading), took)) in archs.iter().zip(&proxy.readings).zip(&proxy.took).enumerate() {
        let Some(reading) = reading else { continue };
        let Some(&target) = target.values.get(arch) else {
            sample.missing += 1;
            continue;
        };
        seconds += took.seconds;
        timed += took.timed;
        let value = match reading {
            Reading::Value(value) => Some(*value),
            Reading::LnZero | Reading::Bad(_) => None,
        };
        match reading {
            Reading::Bad(status) => *sample.bad.entry(status.clone()).or_default() += 1,
            _ => sample.ok += 1,
        }
        sample.ln_zero += usize::from(*reading == Reading::LnZero);
        if let Some(standing) = standing(reading, direction, bad) {
            let given = given.and_then(|given| given.values.get(arch).copied());
            sample.observations.push(Observation { standing, value, target, given });
            sample.rows.push(row);
        }
    }
    sample.seconds_mean = (timed > 0).then(|| seconds / timed as f64);
    sample
}

/// Checks that at least one scored architecture has a value of each target.
///
/// # Errors
/// [`Error::NothingInCommon`] names the target and an architecture, so that spellings can be compared.
pub fn check_overlap(readings: &Readings, targets: &[Target]) -> Result<()> {
    for target in targets {
        if !readings.archs.iter().any(|arch| target.values.contains_key(arch)) {
            return Err(Error::NothingInCommon {
                target: target.name.clone(),
                scored: readings.archs.len(),
                arch: readings.archs.first().cloned().unwrap_or_default(),
            });
        }
    }
    Ok(())
}

/// Chooses the columns to compare with: those asked for, each once; else the only numeric column of the benchmark, or its `usual` one.
///
/// # Errors
/// Lists the numeric columns where one asked for is not among them, or where none was asked for and there is neither just one nor a `usual` one.
pub fn choose_targets(asked: &[String], numeric: &[String], usual: Option<&str>) -> Result<Vec<String>> {
    match (asked, numeric, usual) {
        ([], [only], _) => return Ok(vec![only.clone()]),
        ([], _, Some(usual)) => return Ok(vec![usual.to_owned()]),
        _ => {}
    }
    let candidates = || numeric.join(", ");
    if asked.is_empty() {
        return Err(Error::TargetNeeded { candidates: candidates() });
    }
    let mut chosen: Vec<String> = Vec::with_capacity(asked.len());
    for target in asked {
        if !numeric.contains(target) {
            return Err(Error::UnknownTarget { target: target.clone(), candidates: candidates() });
        }
        if !chosen.contains(target) {
            chosen.push(target.clone());
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::super::average::average;
    use super::super::fixture::{scores, target};
    use super::*;

    fn readings() -> Readings {
        average(&scores(
            "a,synflow,0,,3,ok,1\n\
             b,synflow,0,0,,ok,2\n\
             c,synflow,0,,,disconnected,3\n\
             d,synflow,0,,,overflow,4\n\
             e,synflow,0,,5,ok,1000\n",
        ))
        .unwrap()
    }

    fn standings(direction: Direction, bad: BadPolicy) -> (Vec<f64>, Sample) {
        let readings = readings();
        let target = target("acc", &[("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0), ("z", 9.0)]);
        let sample = join(&readings.archs, &readings.proxies[0], &target, None, direction, bad);
        (sample.observations.iter().map(|seen| seen.standing).collect(), sample)
    }

    #[test]
    fn bad_rows_share_the_worst_rank_below_ln_zero() {
        let (found, sample) = standings(Direction::Higher, BadPolicy::Worst);
        assert_eq!(found, [3.0, LN_ZERO, f64::NEG_INFINITY, f64::NEG_INFINITY]);
        assert_eq!((sample.ok, sample.ln_zero, sample.missing), (2, 1, 1));
        assert_eq!(sample.bad, BTreeMap::from([("disconnected".into(), 1), ("overflow".into(), 1)]));
        assert_eq!(sample.observations.iter().filter(|seen| seen.value.is_some()).count(), 1);
        assert_eq!(sample.seconds_mean, Some(2.5), "over the joined architectures only");
    }

    #[test]
    fn the_worst_rank_of_lower_is_better_is_the_highest() {
        let (found, _) = standings(Direction::Lower, BadPolicy::Worst);
        assert_eq!(found, [3.0, LN_ZERO, f64::INFINITY, f64::INFINITY]);
    }

    #[test]
    fn dropped_rows_are_counted_and_take_no_part() {
        let (found, sample) = standings(Direction::Higher, BadPolicy::Drop);
        assert_eq!(found, [3.0, LN_ZERO]);
        assert_eq!(sample.bad.values().sum::<usize>(), 2);
    }

    #[test]
    fn nothing_in_common_is_an_error() {
        let error = check_overlap(&readings(), &[target("acc", &[("elsewhere", 1.0)])]).unwrap_err();
        assert!(error.to_string().contains("none of the 5 scored architectures"), "{error}");
    }

    #[test]
    fn targets_default_to_the_only_column_and_are_listed_otherwise() {
        let numeric = ["x".to_owned(), "y".to_owned()];
        assert_eq!(choose_targets(&[], &numeric[..1], None).unwrap(), ["x"]);
        assert_eq!(choose_targets(&["y".into(), "y".into()], &numeric, Some("x")).unwrap(), ["y"]);
        assert_eq!(choose_targets(&[], &numeric, Some("y")).unwrap(), ["y"]);
        assert!(choose_targets(&[], &numeric, None).unwrap_err().to_string().contains("x, y"));
        assert!(choose_targets(&["z".into()], &numeric, None).unwrap_err().to_string().contains("`z`"));
    }
}

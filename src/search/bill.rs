//! What scoring has cost a run, whoever asked for it.

use super::evaluator::{Evaluator, Reading};
use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The bill of one run. Equal networks are scored and paid for only once per proxy, whether for the strategy's guide or for the evaluation
/// itself.
#[derive(Clone, Default)]
pub(super) struct Bill(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    /// Networks, each with a column by which it has been scored.
    scored: HashSet<(String, String)>,
    seconds: f64,
    /// Whether the time of some scoring is not known.
    untimed: bool,
}

impl Bill {
    /// Adds what `evaluator` had to score for a reading of `arch`.
    pub fn add(&self, space: &dyn SearchSpace, evaluator: &Evaluator, arch: &Arch, reading: &Reading) -> Result<()> {
        if reading.scoring.iter().all(|seconds| *seconds == Some(0.0)) {
            return Ok(());
        }
        let network = network(space, arch)?;
        let mut entries = self.0.lock().map_err(|_| Error::Internal("another thread has failed".into()))?;
        for (column, seconds) in evaluator.columns().iter().zip(&reading.scoring) {
            if entries.scored.insert((network.clone(), column.clone())) {
                entries.seconds += seconds.unwrap_or_default();
                entries.untimed |= seconds.is_none();
            }
        }
        Ok(())
    }

    /// Seconds so far; `None` where they are not known.
    pub fn total(&self) -> Option<f64> {
        let entries = self.0.lock().ok()?;
        (!entries.untimed).then_some(entries.seconds)
    }
}

/// A text that is equal for architectures with the same network.
pub(super) fn network(space: &dyn SearchSpace, arch: &Arch) -> Result<String> {
    Ok(space.key(arch)?.unwrap_or_else(|| arch.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Objective;
    use crate::search::source::{Row, Source};
    use crate::space::{Enumerable, NatsSss};

    struct Scores(Vec<Option<f64>>);

    impl Source for Scores {
        fn rows(&self, archs: &[Arch]) -> Result<Vec<Option<Row>>> {
            let row = || Row { values: vec![Some(1.0); self.0.len()], training: 0.0, scoring: self.0.clone() };
            Ok(archs.iter().map(|_| Some(row())).collect())
        }
    }

    #[test]
    fn a_network_is_paid_for_once_by_each_proxy() {
        let space = NatsSss::default();
        let bill = Bill::default();
        let pay = |columns: &[&str], seconds: &[Option<f64>], place: usize| {
            let columns = columns.iter().map(|name| name.to_string()).collect();
            let objective = |column| Objective::Column { column, sign: 1.0 };
            let evaluator = Evaluator::new().with(Scores(seconds.to_vec()), columns, objective);
            let arch = space.nth(place as u128);
            let reading = evaluator.read(std::slice::from_ref(&arch)).unwrap().remove(0).unwrap();
            bill.add(&space, &evaluator, &arch, &reading).unwrap();
            bill.total()
        };
        assert_eq!(pay(&["naswot", "synflow"], &[Some(1.0), Some(2.0)], 0), Some(3.0));
        assert_eq!(pay(&["synflow", "snip"], &[Some(2.0), Some(4.0)], 0), Some(7.0), "synflow is known");
        assert_eq!(pay(&["naswot"], &[Some(1.0)], 1), Some(8.0));
        assert_eq!(pay(&["naswot"], &[None], 2), None);
    }
}

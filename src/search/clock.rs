//! The wall time of a run, which continues where an earlier process left off.

use crate::space::Arch;
use crate::{Error, Result};
use std::time::Instant;

/// Counts from the beginning of a run.
pub(super) struct Clock<'a> {
    /// The steps that an earlier process recorded: architectures and wall seconds.
    recorded: &'a [(String, f64)],
    since: Instant,
    /// Seconds before `since`.
    before: f64,
}

impl<'a> Clock<'a> {
    pub fn new(recorded: &'a [(String, f64)]) -> Self {
        Clock { recorded, since: Instant::now(), before: 0.0 }
    }

    /// Seconds so far.
    pub fn now(&self) -> f64 {
        self.before + self.since.elapsed().as_secs_f64()
    }

    /// The time of a step: the recorded one where there is one.
    ///
    /// # Errors
    /// Fails if another architecture was recorded, that is, if the run does not repeat itself.
    pub fn stamp(&mut self, place: usize, arch: &Arch) -> Result<f64> {
        match self.recorded.get(place) {
            None => Ok(self.now()),
            Some((recorded, wall)) if recorded == arch.as_str() => {
                (self.since, self.before) = (Instant::now(), *wall);
                Ok(*wall)
            }
            Some((recorded, _)) => Err(Error::Internal(format!(
                "step {} is `{arch}`, and was `{recorded}` when it was recorded; start anew in another folder",
                place + 1
            ))),
        }
    }
}

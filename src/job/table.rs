//! Scores without a file.

use super::Scoring;
use super::plan::Plan;
use super::results::Memory;
use super::rows::Rows;
use super::run;
use crate::Result;
use crate::device::Opened;
use crate::listener::Progress;
use crate::space::Arch;
use polars::prelude::DataFrame;
use std::sync::atomic::AtomicBool;

impl Scoring {
    /// Scores architectures on the settings' device, which must be open. Returns a row per architecture, seed and proxy, in the order given,
    /// with the columns of a score file. `progress` is called after every network, from any thread.
    ///
    /// # Errors
    /// As [`Scoring::check`]; also returns [`Interrupted`](crate::Error::Interrupted) after `stop`.
    pub fn scores(
        &self,
        device: &Opened,
        archs: &[Arch],
        stop: &AtomicBool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<DataFrame> {
        self.check()?;
        let plan = Plan::new(self, archs)?;
        let mut results = Memory::default();
        run::score_networks(self, device, &plan, &mut results, stop, progress)?;
        Rows::new(self, &results)?.of(&plan.archs)
    }
}

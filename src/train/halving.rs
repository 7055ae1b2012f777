//! Successive halving: train many architectures briefly, the better half of them longer, and so on (Karnin, Koren & Somekh 2013;
//! Jamieson & Talwalkar 2016).
//!
//! A training that continues after a rung is still the same training: an architecture that reaches the last rung ends with the
//! weights that it would have had if trained alone. All trainings therefore follow the learning rates of the longest one. If a
//! training diverges, its architecture drops out and the next best takes its place.
//!
//! One training is luck in part. With several seeds, every architecture that reaches the last rung is trained again from the beginning
//! with each further seed, and judged by its means. One with fewer diverged trainings stands higher, whatever the mean.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::{EpochRow, Event, Judge, MOST_SEEDS, Settings, Standing, Training, folder_of_seed};
use crate::space::{Arch, check_ranges};
use crate::{Error, Result};

/// Which architectures are trained for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Epochs after which architectures drop out, ascending; the last number is the length of the whole training.
    pub rungs: Vec<usize>,
    /// Of the architectures that reach a rung, one in `factor` continues; at least 2. At least one architecture always continues.
    pub factor: usize,
    /// Trainings of each architecture that reaches the last rung, with consecutive seeds; at least 1.
    pub seeds: usize,
    /// What architectures that reach a rung are judged by.
    pub judge: Judge,
}

/// What a training came to: its last epoch, and its mean training loss over all epochs.
type Trained = (EpochRow, f64);

/// Trainings that run one after another: all up to the same rung, or all with the same further seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Epochs after which they end.
    pub rung: usize,
    /// Epochs that were trained before.
    pub before: usize,
    /// How many there are.
    pub places: usize,
}

impl Stage {
    /// Epochs of all of them together.
    pub fn epochs(&self) -> usize {
        (self.rung - self.before) * self.places
    }
}

/// Events of a halving, for whoever shows them.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A candidate is trained up to a rung.
    Candidate {
        /// Its place among the candidates.
        candidate: usize,
        /// How many are trained up to this rung.
        of: usize,
        /// The epoch at which the rung is.
        rung: usize,
        /// Index into the stages: the rungs, and then one for each further seed.
        stage: usize,
        /// The seed of the training.
        seed: u64,
    },
    /// An event in its training.
    Training(Event<'a>),
    /// Its training diverged; this is the error.
    Diverged(&'a Error),
}

impl Halving {
    /// Checks that the numbers make sense; the error names the setting.
    pub fn check(&self) -> Result<()> {
        if self.rungs.is_empty() || self.rungs[0] == 0 || !self.rungs.is_sorted_by(|a, b| a < b) {
            return Err(Error::setting("rungs", "must be ascending numbers of epochs, such as 1,3,12"));
        }
        if self.factor < 2 {
            return Err(Error::setting("factor", "must be at least 2"));
        }
        check_ranges(&[("seeds", self.seeds, 1..=MOST_SEEDS)])
    }

    /// Returns the stages for this number of candidates.
    pub(crate) fn stages(&self, candidates: usize) -> Vec<Stage> {
        let (mut before, mut places) = (0, candidates);
        let mut stages = Vec::with_capacity(self.rungs.len() + self.seeds - 1);
        for &rung in &self.rungs {
            stages.push(Stage { rung, before, places });
            (before, places) = (rung, places.div_ceil(self.factor));
        }
        let again = stages.last().map(|last| Stage { before: 0, ..*last });
        stages.extend(again.into_iter().flat_map(|again| std::iter::repeat_n(again, self.seeds - 1)));
        stages
    }

    /// Whether a stage is a further seed of those that reached the last rung.
    pub(crate) fn is_further_seed(&self, stage: usize) -> bool {
        stage >= self.rungs.len()
    }

    /// Checks them together with what is trained.
    pub(crate) fn check_with(&self, training: &Training<'_>) -> Result<()> {
        self.check()?;
        if training.images.valid.is_none() {
            return Err(Error::setting("valid_split", "without validation images there is nothing to choose by"));
        }
        training.check()
    }

    /// Trains `candidates`, `training` with its `arch` and `out` for each, and returns their standings from the best to the worst: those
    /// that diverged are last; of the others, those trained longer stand higher, then those with fewer diverged further trainings, then
    /// those that are judged to be better.
    ///
    /// # Errors
    /// Those of [`Training::run`], but [`Error::Diverged`] only if all trainings diverge. Also fails if there are no validation
    /// images to choose by.
    pub fn run(
        &self,
        candidates: &[(Arch, PathBuf)],
        training: &Training<'_>,
        stop: &AtomicBool,
        watch: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Vec<Standing>> {
        self.check_with(training)?;
        let first_seed = training.settings.seed;
        let mut standings: Vec<Standing> = (0..candidates.len()).map(Standing::fresh).collect();
        let train = |candidate: usize, seed: u64, rung: usize| {
            let (arch, out) = &candidates[candidate];
            let out = if seed == first_seed { out.clone() } else { folder_of_seed(out, seed) };
            let one = Training { arch, out, settings: Settings { seed, ..training.settings.clone() }, ..*training };
            let summary = one.run_to(rung, stop, &|event| watch(Progress::Training(event)));
            if let Err(error @ Error::Diverged { .. }) = &summary {
                watch(Progress::Diverged(error));
            }
            let history = summary?.history;
            // A training that was already there may have gone further.
            let epochs = history.get(..rung).unwrap_or_default();
            let last = epochs.last().ok_or_else(|| Error::Internal(format!("`{arch}` has no epoch {rung}")))?;
            Ok((last.clone(), epochs.iter().map(|row| row.train.loss).sum::<f64>() / rung as f64))
        };
        let mut places = candidates.len();
        for (stage, &rung) in self.rungs.iter().enumerate() {
            let (mut reached, mut failure) = (0, None);
            for standing in standings.iter_mut().filter(|standing| !standing.diverged) {
                if reached == places {
                    break;
                }
                let candidate = standing.candidate;
                watch(Progress::Candidate { candidate, of: places, rung, stage, seed: first_seed });
                match train(candidate, first_seed, rung) {
                    Ok((last, loss)) => {
                        (standing.epochs, standing.last, standing.losses) = (rung, Some(last), vec![loss]);
                        reached += 1;
                    }
                    Err(error @ Error::Diverged { .. }) => (standing.diverged, failure) = (true, Some(error)),
                    Err(error) => return Err(error),
                }
            }
            if let Some(error) = failure.filter(|_| reached == 0) {
                return Err(error);
            }
            self.judge.judge(&mut standings, rung)?;
            standings.sort_by(Standing::order);
            places = reached.div_ceil(self.factor);
        }
        self.train_further_seeds(&mut standings, first_seed, &train, watch)?;
        Ok(standings)
    }

    /// Trains those that reached the last rung with each further seed.
    fn train_further_seeds(
        &self,
        standings: &mut [Standing],
        first_seed: u64,
        train: &dyn Fn(usize, u64, usize) -> Result<Trained>,
        watch: &dyn Fn(Progress<'_>),
    ) -> Result<()> {
        let Some(&rung) = self.rungs.last() else { return Ok(()) };
        let reached = |standing: &&mut Standing| standing.reached(rung);
        let of = standings.iter_mut().filter(reached).count();
        for nth in 1..self.seeds {
            let (stage, seed) = (self.rungs.len() - 1 + nth, first_seed.wrapping_add(nth as u64));
            for standing in standings.iter_mut().filter(reached) {
                let candidate = standing.candidate;
                watch(Progress::Candidate { candidate, of, rung, stage, seed });
                match train(candidate, seed, rung) {
                    Ok((last, loss)) => {
                        standing.further.push(last);
                        standing.losses.push(loss);
                    }
                    Err(Error::Diverged { .. }) => standing.diverged_further += 1,
                    Err(error) => return Err(error),
                }
            }
        }
        self.judge.judge(standings, rung)?;
        standings.sort_by(Standing::order);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

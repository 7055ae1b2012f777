//! Reports about the trainings while they run.

use super::way::Way;
use crate::listener::Listener;
use crate::space::Arch;
use crate::train::halving::{Halving, Progress};
use crate::train::history::numbers;
use crate::train::{Event, tell};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Reports the events of a halving to a listener.
pub(super) struct Telling<'a> {
    listener: &'a dyn Listener,
    candidates: &'a [(Arch, PathBuf)],
    halving: &'a Halving,
    way: Way,
    /// What is trained.
    current: Mutex<Current>,
}

/// The training at hand.
#[derive(Clone, Copy, Default)]
struct Current {
    candidate: usize,
    /// Its seed, if it is a further one.
    further_seed: Option<u64>,
}

impl<'a> Telling<'a> {
    /// Of the halving of these candidates.
    pub fn new(listener: &'a dyn Listener, halving: &'a Halving, candidates: &'a [(Arch, PathBuf)]) -> Self {
        Telling { listener, candidates, halving, way: Way::new(halving, candidates.len()), current: Mutex::default() }
    }

    fn current(&self) -> Current {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports an event.
    pub fn tell(&self, progress: Progress<'_>) {
        match progress {
            Progress::Candidate { candidate, of, rung, stage, seed } => {
                self.way.candidate(stage);
                let further_seed = self.halving.is_further_seed(stage).then_some(seed);
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Current { candidate, further_seed };
                let (number, arch) = (candidate + 1, &self.candidates[candidate].0);
                self.listener.note(&match further_seed {
                    None => format!("candidate {number} ({of} go to epoch {rung}): {arch}"),
                    Some(seed) => format!("candidate {number} with seed {seed}: {arch}"),
                });
            }
            // On the way from one rung to the next, what is there already is this run's own.
            Progress::Training(Event::Resumed { .. }) if self.way.is_between_rungs() => {}
            Progress::Training(event) => {
                self.way.share(event).into_iter().for_each(|share| self.listener.share(share));
                if let Event::Epoch(row) = event {
                    let Current { candidate, further_seed } = self.current();
                    let mut run =
                        self.candidates[candidate].1.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    run.extend(further_seed.map(|seed| format!("/seed{seed}")));
                    self.listener.numbers(&run, row.epoch as u64, &numbers(row));
                }
                tell(self.listener, event, self.halving.rungs.last().copied().unwrap_or_default());
            }
            Progress::Diverged(error) => {
                self.way.diverged();
                let further = self.current().further_seed.is_some();
                let outcome = if further { "it stands behind those that did not" } else { "it is out" };
                self.listener.note(&format!("{error}; {outcome}"));
            }
        }
    }
}

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
    /// Epochs of the longest trainings.
    epochs: usize,
    way: Way,
    /// The current candidate, and which of its trainings is running.
    current: Mutex<(usize, usize)>,
}

impl<'a> Telling<'a> {
    /// Reports on the halving of these candidates.
    pub fn new(listener: &'a dyn Listener, halving: &Halving, candidates: &'a [(Arch, PathBuf)]) -> Self {
        let epochs = halving.rungs.last().copied().unwrap_or_default();
        Telling { listener, candidates, epochs, way: Way::new(halving, candidates.len()), current: Mutex::default() }
    }

    /// The current training.
    fn current(&self) -> (usize, usize) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports an event.
    pub fn tell(&self, progress: Progress<'_>) {
        match progress {
            Progress::Candidate { candidate, of, rung, stage, training } => {
                self.way.candidate(stage);
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = (candidate, training);
                let (number, arch) = (candidate + 1, &self.candidates[candidate].0);
                self.listener.note(&match training {
                    0 => format!("candidate {number} ({of} go to epoch {rung}): {arch}"),
                    _ => format!("candidate {number} again, training {}: {arch}", training + 1),
                });
            }
            // On the way to later rungs, the epochs that are already there come from this run.
            Progress::Training(Event::Resumed { .. }) if !self.way.is_at_first_rung() => {}
            Progress::Training(event) => {
                self.way.share(event).into_iter().for_each(|share| self.listener.share(share));
                if let Event::Epoch(row) = event {
                    let (candidate, training) = self.current();
                    let folder = self.candidates[candidate].1.file_name().unwrap_or_default();
                    let run = Halving::folder(folder.as_ref(), training);
                    self.listener.numbers(&run.to_string_lossy(), row.epoch as u64, &numbers(row));
                }
                tell(self.listener, event, self.epochs);
            }
            Progress::Diverged(error) => {
                self.way.diverged();
                let outcome = if self.current().1 == 0 { "it is out" } else { "it has a training less" };
                self.listener.note(&format!("{error}; {outcome}"));
            }
        }
    }
}

//! The progress of a halving, in epochs of training.

use crate::train::Event;
use crate::train::halving::{Halving, Stage};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The progress of a halving.
pub(super) struct Way {
    stages: Vec<Stage>,
    /// How many of them are rungs.
    rungs: usize,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    /// The stage that candidates are being trained for.
    stage: usize,
    /// How many have reached its end.
    reached: usize,
    /// Whether one is on its way to it.
    under_way: bool,
}

impl Way {
    /// The progress of this many candidates, at its start.
    pub fn new(halving: &Halving, candidates: usize) -> Self {
        Way { stages: halving.stages(candidates), rungs: halving.rungs.len(), place: Mutex::default() }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        // The counts are never left half updated.
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the next candidate is trained at this stage.
    pub fn candidate(&self, stage: usize) {
        let mut place = self.place();
        if place.stage == stage {
            place.reached += usize::from(place.under_way);
        } else {
            (place.stage, place.reached) = (stage, 0);
        }
        place.under_way = true;
    }

    /// Whether candidates go on from an earlier rung.
    pub fn is_between_rungs(&self) -> bool {
        (1..self.rungs).contains(&self.place().stage)
    }

    /// The candidate does not reach the end. At a rung another takes its place.
    pub fn diverged(&self) {
        let mut place = self.place();
        place.under_way = place.stage >= self.rungs;
    }

    /// Returns the share of all epochs that is done after a step.
    pub fn share(&self, event: Event<'_>) -> Option<f64> {
        let Event::Step { epoch, done, steps, .. } = event else { return None };
        let place = self.place();
        let Stage { rung, before, .. } = self.stages.get(place.stage)?;
        let all: usize = self.stages.iter().map(Stage::epochs).sum();
        let over: usize = self.stages[..place.stage].iter().map(Stage::epochs).sum();
        let here = (epoch - 1).saturating_sub(*before) as f64 + done as f64 / steps as f64;
        Some((over as f64 + (place.reached * (rung - before)) as f64 + here) / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Judge;
    use crate::train::tally::Measures;

    #[test]
    fn every_epoch_of_every_candidate_counts_the_same() {
        // 4 to epoch 1, 2 of them to epoch 3, and both again: 14 epochs of training.
        let way = Way::new(&Halving { rungs: vec![1, 3], factor: 2, seeds: 2, judge: Judge::Accuracy }, 4);
        let measures = Measures { loss: 1.0, accuracy: 10.0, top5: 50.0 };
        let share = |epoch: usize, done: usize| {
            way.share(Event::Step { epoch, done, steps: 10, measures, images_per_second: 1.0 }).unwrap()
        };
        way.candidate(0);
        assert_eq!(share(1, 5), 0.5 / 14.0);
        way.candidate(0);
        way.diverged();
        way.candidate(0);
        assert!(!way.is_between_rungs());
        assert_eq!(share(1, 10), 2.0 / 14.0, "the one that diverged has not reached the rung");
        way.candidate(0);
        way.candidate(0);
        way.candidate(1);
        assert_eq!(share(2, 10), 5.0 / 14.0);
        way.candidate(1);
        assert!(way.is_between_rungs());
        assert_eq!(share(3, 10), 8.0 / 14.0);
        way.candidate(2);
        assert_eq!(share(1, 10), 9.0 / 14.0, "a further seed begins anew");
        assert!(!way.is_between_rungs());
        // Nobody takes the place of one that diverges with it.
        way.diverged();
        way.candidate(2);
        assert_eq!(share(3, 10), 1.0);
    }
}

//! The steps of an epoch, each on the batch that is made for it: what every training is made of, with files or without.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use zeronas_datasets::ImageSet;
use zeronas_datasets::image::Statistics;

use super::loader::{TrainingBatches, ahead};
use super::state::State;
use super::step::Stepper;
use crate::Result;
use crate::recipe::Recipe;
use crate::recipe::batching::Batching;

/// What no step of a training changes.
pub(super) struct Course<'a> {
    recipe: &'a Recipe,
    images: &'a ImageSet,
    seed: u64,
    /// How the images are dealt out.
    pub batching: Batching,
    /// What pixels are normalised with.
    pub statistics: Statistics,
}

/// How the steps of an epoch ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ended {
    /// All were taken.
    Whole,
    /// `stop` was set.
    Stopped,
    /// The next one had this loss, which is no number; it changed no parameter and does not count.
    Diverged(f64),
}

impl<'a> Course<'a> {
    /// A recipe on training images.
    pub fn new(recipe: &'a Recipe, images: &'a ImageSet, seed: u64) -> Self {
        let batching = Batching { images: images.len(), size: recipe.batch_size, last: recipe.last_batch };
        Course { recipe, images, seed, batching, statistics: recipe.statistics.unwrap_or(images.statistics()) }
    }

    /// Takes what is left of an epoch's steps. `after` each, with its seconds, its loss and accuracy counted, it may look at
    /// the state and keep it.
    ///
    /// # Errors
    /// Those of the engine and of `after`.
    pub fn steps(
        &self,
        epoch: usize,
        stepper: &mut Stepper<'_>,
        state: &mut State,
        stop: &AtomicBool,
        mut after: impl FnMut(&mut State) -> Result<()>,
    ) -> Result<Ended> {
        let augmentation = self.recipe.augmentation;
        let mut batches = TrainingBatches::new(self.images, self.statistics, augmentation, self.batching, self.seed);
        let steps = self.batching.of_epoch(epoch);
        let left = state.progress.steps.max(steps.start)..steps.end;
        let make = move |step| batches.batch(step);
        ahead(left, make, |batches| {
            let mut start = Instant::now();
            for batch in batches {
                if stop.load(Ordering::Relaxed) {
                    return Ok(Ended::Stopped);
                }
                let batch = batch?;
                let rate = self.recipe.rate(&self.batching, state.progress.steps);
                state.progress.learning_rate = rate;
                let looked = stepper.step(state, &batch, rate)?;
                if !looked.loss.is_finite() {
                    return Ok(Ended::Diverged(looked.loss));
                }
                let progress = &mut state.progress;
                progress.tally.add(&batch, &looked);
                progress.steps += 1;
                // Waiting for the batch counts too.
                progress.seconds += start.elapsed().as_secs_f64();
                after(state)?;
                start = Instant::now();
            }
            Ok(Ended::Whole)
        })
    }
}

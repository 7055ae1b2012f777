//! The steps of an epoch, each on its own batch: the core of every training, with files or without.

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

/// The parts of a training that no step changes.
pub(super) struct Course<'a> {
    recipe: &'a Recipe,
    images: &'a ImageSet,
    seed: u64,
    /// How the images are split into batches.
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
    /// The next one had this loss, which is not finite; it changed no parameter and is not counted.
    Diverged(f64),
}

impl<'a> Course<'a> {
    /// A course that follows a recipe on training images.
    pub fn new(recipe: &'a Recipe, images: &'a ImageSet, seed: u64) -> Self {
        let batching = Batching { images: images.len(), size: recipe.batch_size, last: recipe.last_batch };
        Course { recipe, images, seed, batching, statistics: recipe.statistics.unwrap_or(images.statistics()) }
    }

    /// Takes the remaining steps of an epoch. After each one has been counted with its seconds, loss and accuracy, `after` may look
    /// at the state and save it.
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

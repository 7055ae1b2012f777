//! A training that leaves nothing behind but what it came to: for many small ones.

use std::sync::atomic::{AtomicBool, Ordering};

use zeronas_datasets::Splits;
use zeronas_proxies::engine::{FusedEngine, FusedSettings};
use zeronas_proxies::network::Network;

use super::batching::Batching;
use super::loader::{TrainingBatches, ahead};
use super::recipe::Recipe;
use super::state::State;
use super::step::Stepper;
use super::tally::{Measures, Tally};
use crate::{Error, Result};

/// Trains a network on one thread and tests it once, at the end: what [`Training::run`](super::Training::run) comes to, without
/// files. The measures on the training images as they were seen in the last epoch, and on the test images; `None` after `stop`.
///
/// # Errors
/// A loss that is not a number; images that the network cannot take, or none to test with.
pub fn train(
    net: &Network,
    images: &Splits,
    recipe: &Recipe,
    seed: u64,
    stop: &AtomicBool,
) -> Result<Option<[Measures; 2]>> {
    let (set, statistics) = (&images.train, recipe.statistics.unwrap_or(images.train.statistics()));
    let batching = Batching { images: set.len(), size: recipe.batch_size, last: recipe.last_batch };
    let mut batches = TrainingBatches::new(set, statistics, recipe.augmentation, batching, seed);
    let mut state = State::new(net, recipe, seed);
    let mut stepper =
        Stepper::new(net, FusedEngine::new(FusedSettings { exact: false, threads: 1 }), recipe.norm_momentum);
    let last = batching.of_epoch(recipe.epochs - 1);
    let mut tally = Tally::default();
    let trained = ahead(
        0..last.end,
        move |step| batches.batch(step),
        |batches| {
            for (step, batch) in batches.enumerate() {
                if stop.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                let (batch, learning_rate) = (batch?, recipe.rate(&batching, step));
                let looked = stepper.step(&mut state, &batch, learning_rate)?;
                if !looked.loss.is_finite() {
                    let (what, epoch) = (format!("the loss is {}", looked.loss), batching.epoch_of(step) + 1);
                    return Err(Error::Diverged { what, epoch, step: step + 1, learning_rate, kept: None });
                }
                if last.contains(&step) {
                    tally.add(&batch, &looked);
                }
            }
            Ok::<_, Error>(true)
        },
    )?;
    if !trained {
        return Ok(None);
    }
    let tested = images.test.as_ref().map(|test| stepper.evaluate(&state, test, statistics)).transpose()?.flatten();
    match (tally.measures(), tested) {
        (Some(train), Some(test)) => Ok(Some([train, test])),
        _ => Err(Error::flag("--images", "there is no test image")),
    }
}

//! Training without files, which returns only the results: for many small trainings.

use std::sync::atomic::AtomicBool;

use zeronas_datasets::Splits;
use zeronas_proxies::engine::FusedSettings;
use zeronas_proxies::network::Network;

use super::course::{Course, Ended};
use super::state::State;
use super::step::Stepper;
use super::tally::{Measures, Tally};
use crate::device::Opened;
use crate::recipe::Recipe;
use crate::{Error, Result};

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// It finished. The measures are those on the training images as seen in the last epoch, and those on the test images.
    Trained([Measures; 2]),
    /// A loss, or a number in its state, was not finite.
    Diverged,
    /// It was stopped before its end.
    Stopped,
}

/// Trains a network on one thread and tests it once, at the end: the same training as [`Training::run`](super::Training::run), without
/// files.
///
/// # Errors
/// If the network cannot take the images, or if there are none to test with.
pub fn train(net: &Network, images: &Splits, recipe: &Recipe, seed: u64, stop: &AtomicBool) -> Result<Outcome> {
    let Some(test) = &images.test else {
        return Err(Error::setting("images", "there is no test image"));
    };
    let course = Course::new(recipe, &images.train, seed);
    let engine = Opened::Cpu.engine(FusedSettings { exact: false, threads: 1 });
    let mut stepper = Stepper::new(net, engine, recipe.norm_momentum);
    let mut state = State::new(net, recipe, seed);
    for epoch in 0..recipe.epochs {
        state.progress.tally = Tally::default();
        match course.steps(epoch, &mut stepper, &mut state, stop, |_| Ok(()))? {
            Ended::Whole => {}
            Ended::Stopped => return Ok(Outcome::Stopped),
            Ended::Diverged(_) => return Ok(Outcome::Diverged),
        }
    }
    let Some(tested) = stepper.evaluate(&state, test, course.statistics, stop)? else {
        return Ok(Outcome::Stopped);
    };
    let train = state.progress.tally.measures().ok_or_else(|| Error::setting("epochs", "must be at least 1"))?;
    let finite = tested.loss.is_finite() && state.is_finite(net);
    Ok(if finite { Outcome::Trained([train, tested]) } else { Outcome::Diverged })
}

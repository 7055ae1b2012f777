//! How networks are trained, as data, and the arithmetic of a step: batches, learning rates, optimisers.
//!
//! Benchmarks have recipes in their folders; [`QUICK`] is nobody's.

pub mod batching;
pub mod optimiser;
pub mod schedule;

use serde::Serialize;
use zeronas_datasets::ValidSplit;
use zeronas_datasets::image::{Augmentation, Statistics};
use zeronas_proxies::network::Init;

use batching::{Batching, LastBatch};
use optimiser::{Rule, Sgd};
use schedule::{Clock, Moment, Schedule};

/// Everything that decides a training but its data, its network and its seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Recipe {
    /// Times that every training image is seen.
    pub epochs: usize,
    /// Images in a step.
    pub batch_size: usize,
    /// How epochs end.
    pub last_batch: LastBatch,
    /// How parameters are changed.
    pub optimiser: Rule,
    /// Learning rates.
    pub schedule: Schedule,
    /// What is done to training images.
    pub augmentation: Augmentation,
    /// What pixels are normalised with, where that is not what comes with the images.
    pub statistics: Option<Statistics>,
    /// Share of a batch's statistics in the new running statistics of batch norms.
    pub norm_momentum: f32,
    /// Initial weights.
    pub init: Init,
}

impl Recipe {
    /// The learning rate of step `step`, from 0.
    pub fn rate(&self, batching: &Batching, step: usize) -> f64 {
        let (epochs, steps) = (self.epochs, batching.before(self.epochs));
        self.schedule.rate(Moment { epoch: batching.epoch_of(step), epochs, step, steps })
    }
}

/// A recipe that can be asked for by name.
#[derive(Debug)]
pub struct NamedRecipe {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The recipe.
    pub recipe: Recipe,
    /// Where its validation images come from.
    pub valid_split: ValidSplit,
}

/// What most recipes for CIFAR-10 have in common: SGD with Nesterov's momentum, a cosine from 0.1, mirrored and cut images.
const COMMON: Recipe = Recipe {
    epochs: 3,
    batch_size: 128,
    last_batch: LastBatch::Short,
    optimiser: Rule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 5e-4 }),
    schedule: Schedule { peak: 0.1, by: Clock::Step, idle_start: false },
    augmentation: Augmentation::STANDARD,
    statistics: None,
    norm_momentum: 0.1,
    init: Init::TorchDefault,
};

/// 3 epochs, to see that something learns.
pub static QUICK: NamedRecipe = NamedRecipe {
    name: "quick",
    about: "3 epochs with a cosine by step, to see that something learns",
    recipe: COMMON,
    valid_split: ValidSplit::Own,
};

/// 60 epochs in small steps, for a few hundred to some thousand images.
pub static SMALL: NamedRecipe = NamedRecipe {
    name: "small",
    about: "60 epochs of batches of 32 with a cosine by step, for a few hundred to some thousand images",
    recipe: Recipe { epochs: 60, batch_size: 32, schedule: Schedule { peak: 0.05, ..COMMON.schedule }, ..COMMON },
    valid_split: ValidSplit::Own,
};

/// Helpers of tests that hold recipes against the files they are from.
#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The batches of a recipe's training.
    pub fn batching(recipe: &Recipe, images: usize) -> Batching {
        Batching { images, size: recipe.batch_size, last: recipe.last_batch }
    }

    /// The rate of a step is this, to rounding.
    pub fn assert_rate(recipe: &Recipe, batching: &Batching, step: usize, expected: f64) {
        let rate = recipe.rate(batching, step);
        assert!((rate - expected).abs() < 1e-15, "step {step}: {rate} is not {expected}");
    }
}

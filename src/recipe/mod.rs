//! Training recipes as data, and the arithmetic of a step: batches, learning rates, optimisers.
//!
//! Benchmarks have recipes in their folders; [`QUICK`] and [`SMALL`] belong to none.

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

/// Everything that decides a training except its data, its network and its seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Recipe {
    /// How often every training image is seen.
    pub epochs: usize,
    /// Images in a step.
    pub batch_size: usize,
    /// How epochs end.
    pub last_batch: LastBatch,
    /// How parameters are changed.
    pub optimiser: Rule,
    /// Learning rates.
    pub schedule: Schedule,
    /// How training images are augmented.
    pub augmentation: Augmentation,
    /// The statistics that pixels are normalised with, if not those of the images.
    pub statistics: Option<Statistics>,
    /// Weight of a batch's statistics when the running statistics of batch norms are updated.
    pub norm_momentum: f32,
    /// Initial weights.
    pub init: Init,
}

impl Recipe {
    /// Returns the learning rate of step `step`, counted from 0.
    pub fn rate(&self, batching: &Batching, step: usize) -> f64 {
        let (epochs, steps) = (self.epochs, batching.before(self.epochs));
        self.schedule.rate(Moment { epoch: batching.epoch_of(step), epochs, step, steps })
    }
}

/// A recipe with a name.
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

/// The settings that most recipes for CIFAR-10 share: SGD with Nesterov momentum, a cosine from 0.1, mirrored and cropped images.
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

/// 3 epochs, to check that a network learns.
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

/// Helpers for tests that compare recipes with the files they come from.
#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The batches of a recipe's training.
    pub fn batching(recipe: &Recipe, images: usize) -> Batching {
        Batching { images, size: recipe.batch_size, last: recipe.last_batch }
    }

    /// Asserts that the rate of a step is this, up to rounding.
    pub fn assert_rate(recipe: &Recipe, batching: &Batching, step: usize, expected: f64) {
        let rate = recipe.rate(batching, step);
        assert!((rate - expected).abs() < 1e-15, "step {step}: {rate} is not {expected}");
    }
}

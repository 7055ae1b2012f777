//! Recipes: how the benchmarks trained their networks, as data.

use clap::ValueEnum;
use serde::Serialize;
use zeronas_datasets::ValidSplit;
use zeronas_datasets::image::{Augmentation, Statistics};
use zeronas_proxies::network::Init;

use super::batching::{Batching, LastBatch};
use super::optimiser::{RmsProp, Rule, Sgd};
use super::schedule::{Clock, Moment, Schedule};

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

/// The recipes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipeName {
    /// NATS-Bench's 200 epochs: SGD with Nesterov's momentum, cosine by epoch, batches of 256
    #[value(name = "nats-200")]
    #[serde(rename = "nats-200")]
    Nats200,
    /// NATS-Bench's 12 epochs, with a whole cosine of their own
    #[value(name = "nats-12")]
    #[serde(rename = "nats-12")]
    Nats12,
    /// NAS-Bench-101's 108 epochs: TensorFlow's RMSProp, cosine by step, the last 10,000 training images held out
    #[value(name = "nb101-108")]
    #[serde(rename = "nb101-108")]
    Nb101,
    /// 3 epochs with a cosine by step, to see that something learns
    Quick,
}

impl RecipeName {
    /// The recipe. NATS-Bench's (Dong et al., TPAMI 2021) is that of `configs/nas-benchmark/CIFAR.config` and `hyper-opts/` in
    /// AutoDL-Projects; NAS-Bench-101's (Ying et al., ICML 2019) that of `nasbench/lib/`, its two shards taken as one batch.
    pub fn recipe(self) -> Recipe {
        let nats = Recipe {
            epochs: 200,
            batch_size: 256,
            last_batch: LastBatch::Short,
            optimiser: Rule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 5e-4 }),
            schedule: Schedule { peak: 0.1, by: Clock::Epoch, idle_start: false },
            augmentation: Augmentation::STANDARD,
            statistics: None,
            norm_momentum: 0.1,
            init: Init::TorchDefault,
        };
        match self {
            RecipeName::Nats200 => nats,
            RecipeName::Nats12 => Recipe { epochs: 12, ..nats },
            RecipeName::Nb101 => Recipe {
                epochs: 108,
                last_batch: LastBatch::RunsOn,
                optimiser: Rule::RmsProp(RmsProp { decay: 0.9, momentum: 0.9, epsilon: 1.0, weight_decay: 1e-4 }),
                schedule: Schedule { peak: 0.2, by: Clock::Step, idle_start: true },
                statistics: Some(Statistics { mean: [125.31, 122.95, 113.87], std: [62.99, 62.09, 66.70] }),
                norm_momentum: 0.003,
                init: Init::VarianceScaling,
                ..nats
            },
            RecipeName::Quick => {
                Recipe { epochs: 3, batch_size: 128, schedule: Schedule { by: Clock::Step, ..nats.schedule }, ..nats }
            }
        }
    }

    /// Where the recipe's validation images come from.
    pub fn valid_split(self) -> ValidSplit {
        match self {
            RecipeName::Nb101 => ValidSplit::Last(10_000),
            _ => ValidSplit::Own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batching(recipe: &Recipe, images: usize) -> Batching {
        Batching { images, size: recipe.batch_size, last: recipe.last_batch }
    }

    fn assert_rate(recipe: &Recipe, batching: &Batching, step: usize, expected: f64) {
        let rate = recipe.rate(batching, step);
        assert!((rate - expected).abs() < 1e-15, "step {step}: {rate} is not {expected}");
    }

    /// `configs/nas-benchmark/CIFAR.config` and `hyper-opts/{12E,200E}.config` of AutoDL-Projects; the loaders of
    /// `exps/NATS-Bench/main-tss.py` drop no batch, and batch norms are PyTorch's.
    #[test]
    fn nats_bench_is_trained_as_its_files_say() {
        let nats = |epochs| Recipe {
            epochs,
            batch_size: 256,
            last_batch: LastBatch::Short,
            optimiser: Rule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 5e-4 }),
            schedule: Schedule { peak: 0.1, by: Clock::Epoch, idle_start: false },
            augmentation: Augmentation { flip: true, crop: true },
            statistics: None,
            norm_momentum: 0.1,
            init: Init::TorchDefault,
        };
        assert_eq!(RecipeName::Nats200.recipe(), nats(200));
        let recipe = RecipeName::Nats12.recipe();
        assert_eq!(recipe, nats(12));
        let batching = batching(&recipe, 50_000);
        assert_eq!(batching.before(12), 12 * 196, "50,000 images are 195 whole batches and a short one");
        // 0.05 (1 + cos(pi e / 12)) for e = 0, 6 and 11, to the epoch's last step.
        for (epoch, rate) in [(0, 0.1), (6, 0.05), (11, 0.00170370868554659)] {
            assert_rate(&recipe, &batching, epoch * 196, rate);
            assert_rate(&recipe, &batching, epoch * 196 + 195, rate);
        }
    }

    /// `nasbench/lib/config.py` and `training_time.py`, `model_builder.py` and `cifar.py` beside it.
    #[test]
    fn nas_bench_101_is_trained_as_its_files_say() {
        let recipe = RecipeName::Nb101.recipe();
        let expected = Recipe {
            epochs: 108,
            batch_size: 256,
            last_batch: LastBatch::RunsOn,
            optimiser: Rule::RmsProp(RmsProp { decay: 0.9, momentum: 0.9, epsilon: 1.0, weight_decay: 1e-4 }),
            schedule: Schedule { peak: 0.2, by: Clock::Step, idle_start: true },
            augmentation: Augmentation { flip: true, crop: true },
            statistics: Some(Statistics { mean: [125.31, 122.95, 113.87], std: [62.99, 62.09, 66.70] }),
            norm_momentum: 0.003,
            init: Init::VarianceScaling,
        };
        assert_eq!(recipe, expected);
        assert_eq!(RecipeName::Nb101.valid_split(), ValidSplit::Last(10_000));
        let batching = batching(&recipe, 40_000);
        assert_eq!(batching.before(108), 16_875);
        // 0, then 0.1 (1 + cos(pi t / 16875)) for t = 1 and 5625.
        assert_rate(&recipe, &batching, 0, 0.0);
        assert_rate(&recipe, &batching, 1, 0.19999999826706538);
        assert_rate(&recipe, &batching, 5_625, 0.15);
    }
}

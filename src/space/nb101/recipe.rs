//! How NAS-Bench-101 trained its networks (Ying et al., ICML 2019): `nasbench/lib/`, its two shards taken as one batch.

use crate::recipe::batching::LastBatch;
use crate::recipe::optimiser::{RmsProp, Rule};
use crate::recipe::schedule::{Clock, Schedule};
use crate::recipe::{NamedRecipe, Recipe};
use zeronas_datasets::ValidSplit;
use zeronas_datasets::image::{Augmentation, Statistics};
use zeronas_proxies::network::Init;

/// Its 108 epochs.
pub(super) static RECIPES: [NamedRecipe; 1] = [NamedRecipe {
    name: "nb101-108",
    about: "NAS-Bench-101's 108 epochs: TensorFlow's RMSProp, cosine by step, the last 10,000 training images held out",
    recipe: Recipe {
        epochs: 108,
        batch_size: 256,
        last_batch: LastBatch::RunsOn,
        optimiser: Rule::RmsProp(RmsProp { decay: 0.9, momentum: 0.9, epsilon: 1.0, weight_decay: 1e-4 }),
        schedule: Schedule { peak: 0.2, by: Clock::Step, idle_start: true },
        augmentation: Augmentation::STANDARD,
        statistics: Some(Statistics { mean: [125.31, 122.95, 113.87], std: [62.99, 62.09, 66.70] }),
        norm_momentum: 0.003,
        init: Init::VarianceScaling,
    },
    valid_split: ValidSplit::Last(10_000),
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::tests::{assert_rate, batching};

    /// `nasbench/lib/config.py` and `training_time.py`, `model_builder.py` and `cifar.py` beside it.
    #[test]
    fn nas_bench_101_is_trained_as_its_files_say() {
        let recipe = &RECIPES[0].recipe;
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
        assert_eq!(*recipe, expected);
        assert_eq!(RECIPES[0].valid_split, ValidSplit::Last(10_000));
        let batching = batching(recipe, 40_000);
        assert_eq!(batching.before(108), 16_875);
        // 0, then 0.1 (1 + cos(pi t / 16875)) for t = 1 and 5625.
        assert_rate(recipe, &batching, 0, 0.0);
        assert_rate(recipe, &batching, 1, 0.19999999826706538);
        assert_rate(recipe, &batching, 5_625, 0.15);
    }
}

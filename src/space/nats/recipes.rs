//! How NATS-Bench trained its networks (Dong et al., TPAMI 2021): `configs/nas-benchmark/CIFAR.config` and `hyper-opts/` in
//! AutoDL-Projects.

use crate::recipe::batching::LastBatch;
use crate::recipe::optimiser::{Rule, Sgd};
use crate::recipe::schedule::{Clock, Schedule};
use crate::recipe::{NamedRecipe, Recipe};
use zeronas_datasets::ValidSplit;
use zeronas_datasets::image::Augmentation;
use zeronas_proxies::network::Init;

const fn epochs(epochs: usize) -> Recipe {
    Recipe {
        epochs,
        batch_size: 256,
        last_batch: LastBatch::Short,
        optimiser: Rule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 5e-4 }),
        schedule: Schedule { peak: 0.1, by: Clock::Epoch, idle_start: false },
        augmentation: Augmentation::STANDARD,
        statistics: None,
        norm_momentum: 0.1,
        init: Init::TorchDefault,
    }
}

/// The long schedule and the short one, of both spaces.
pub(super) static RECIPES: [NamedRecipe; 2] = [
    NamedRecipe {
        name: "nats-200",
        about: "NATS-Bench's 200 epochs: SGD with Nesterov's momentum, cosine by epoch, batches of 256",
        recipe: epochs(200),
        valid_split: ValidSplit::Own,
    },
    NamedRecipe {
        name: "nats-12",
        about: "NATS-Bench's 12 epochs, with a whole cosine of their own",
        recipe: epochs(12),
        valid_split: ValidSplit::Own,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::tests::{assert_rate, batching};

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
        assert_eq!(RECIPES[0].recipe, nats(200));
        let recipe = &RECIPES[1].recipe;
        assert_eq!(*recipe, nats(12));
        let batching = batching(recipe, 50_000);
        assert_eq!(batching.before(12), 12 * 196, "50,000 images are 195 whole batches and a short one");
        // 0.05 (1 + cos(pi e / 12)) for e = 0, 6 and 11, to the epoch's last step.
        for (epoch, rate) in [(0, 0.1), (6, 0.05), (11, 0.00170370868554659)] {
            assert_rate(recipe, &batching, epoch * 196, rate);
            assert_rate(recipe, &batching, epoch * 196 + 195, rate);
        }
    }
}

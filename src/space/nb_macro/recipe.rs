//! How NAS-Bench-Macro trained its networks (Su et al., CVPR 2021): `train/train.py` and `train/utils.py` of its repository. It kept the best
//! test accuracy of all epochs, whereas a training here gives that of every epoch.

use crate::recipe::batching::LastBatch;
use crate::recipe::optimiser::{Rule, Sgd};
use crate::recipe::schedule::{Clock, Schedule};
use crate::recipe::{NamedRecipe, Recipe};
use zeronas_datasets::ValidSplit;
use zeronas_datasets::image::Augmentation;
use zeronas_proxies::network::Init;

/// Its 50 epochs.
pub(super) static RECIPES: [NamedRecipe; 1] = [NamedRecipe {
    name: "nb-macro-50",
    about: "NAS-Bench-Macro's 50 epochs: SGD with momentum, cosine by epoch, batches of 256",
    recipe: Recipe {
        epochs: 50,
        batch_size: 256,
        last_batch: LastBatch::Short,
        optimiser: Rule::Sgd(Sgd { momentum: 0.9, nesterov: false, weight_decay: 5e-4 }),
        schedule: Schedule { peak: 0.1, by: Clock::Epoch, idle_start: false },
        augmentation: Augmentation::STANDARD,
        statistics: None,
        norm_momentum: 0.1,
        init: Init::TorchDefault,
    },
    valid_split: ValidSplit::Own,
}];

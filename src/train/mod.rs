//! Training networks with the benchmarks' own recipes.
//!
//! A [`Training`] takes a network through a [`Recipe`]: [`loader`] makes batches on a thread of its own, an engine runs them,
//! [`optimiser`](crate::recipe::optimiser) changes the weights, [`tally`] counts, and after every epoch a [`checkpoint`] and the
//! [`history`] are written. Every random choice is a function of the seed, so that a killed training continues from its checkpoint and
//! ends with exactly the same bits as if it had not been killed.

pub mod checkpoint;
mod confirm;
mod course;
#[cfg(test)]
mod fixture;
pub mod halving;
pub mod history;
mod judge;
pub mod loader;
pub mod memory;
mod named;
mod page;
mod request;
mod run;
mod seeds;
mod standing;
pub mod state;
mod step;
pub mod tally;
mod within;

pub use crate::recipe::Recipe;
pub use confirm::{Benchmark, ConfirmRequest, Confirmed};
pub use history::EpochRow;
pub use judge::Judge;
pub use named::RecipeName;
pub(crate) use page::figures;
pub use request::{RecipeChoice, TrainImages, TrainPlace, TrainRequest};
pub(crate) use request::{tell, to_choose};
pub use run::{Event, Summary};
pub(crate) use seeds::{MOST_SEEDS, folder_of_seed, pooled_variance, squares};
pub use standing::Standing;
pub use within::Wall;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};
use zeronas_datasets::Splits;
use zeronas_datasets::image::Dimensions;
use zeronas_proxies::network::Network;

use crate::device::Device;
use crate::job::check_images;
use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};

/// How often a checkpoint is written within an epoch by default.
pub const SAVE_AFTER: Duration = Duration::from_secs(120);

/// Returns the folder of an architecture's training among several in `parent`. Its name is a hash of the architecture, so that it
/// does not depend on the order in which architectures are trained.
pub fn folder_of(parent: &Path, arch: &Arch) -> PathBuf {
    parent.join(format!("{:016x}", zeronas_random::fnv1a64(arch.as_str().as_bytes())))
}

/// Everything that decides a training besides its network and its images.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    /// How the network is trained.
    #[serde(flatten)]
    pub recipe: Recipe,
    /// Decides the initial weights, the order of the images and their augmentation.
    pub seed: u64,
    /// Train the network as the benchmark writes it, dead layers included, instead of its canonical form.
    pub as_written: bool,
    /// Direct convolutions only, no Winograd.
    pub exact: bool,
    /// The device it trains on. Manifests from before there was a choice have none.
    #[serde(skip_serializing_if = "Device::is_cpu")]
    pub device: Device,
}

impl Settings {
    /// Checks that they make sense for networks of this space on these images, with this many threads.
    pub(crate) fn check(&self, space: &dyn SearchSpace, images: &Splits, threads: usize) -> Result<()> {
        space.check()?;
        let recipe = &self.recipe;
        let bad = |setting: &str, reason: String| Err(Error::setting(setting, reason));
        if recipe.epochs == 0 {
            return bad("epochs", "must be at least 1".into());
        }
        if threads == 0 {
            return bad("threads", "must be at least 1".into());
        }
        if recipe.batch_size == 0 || recipe.batch_size > images.train.len() {
            let (size, train) = (recipe.batch_size, images.train.len());
            return bad("batch_size", format!("{size} is not between 1 and the {train} training images"));
        }
        check_images(space, Dimensions::square(images.train.side()))?;
        Ok(images.check_classes(space.classes())?)
    }
}

/// A network to train, the images, the settings, and where the results go.
pub struct Training<'a> {
    /// The space of the architecture, with the macro settings of its network.
    pub space: &'a dyn SearchSpace,
    /// The architecture.
    pub arch: &'a Arch,
    /// The images, with their validation images held out.
    pub images: &'a Splits,
    /// Name of the image set, for the manifest.
    pub images_name: &'a str,
    /// Everything else that decides the result.
    pub settings: Settings,
    /// Threads that work on the network. They change no result.
    pub threads: usize,
    /// The folder of its results.
    pub out: PathBuf,
    /// Continue what a training with the same settings left there.
    pub resume: bool,
    /// Within an epoch, a checkpoint is written whenever this much time has passed.
    pub save_after: Duration,
}

impl Training<'_> {
    /// The network to train.
    fn network(&self) -> Result<Network> {
        let space = self.space;
        if self.settings.as_written {
            return space.network(self.arch);
        }
        let network = space.canonical_network(self.arch)?;
        let text = self.arch.as_str().to_owned();
        let reason = "no path leads from the input to the output, so that there is nothing to train";
        network
            .ok_or_else(|| Error::Architecture { text, reason: format!("{reason} (`as_written=` tries all the same)") })
    }

    /// Checks that everything makes sense together.
    pub(crate) fn check(&self) -> Result<()> {
        self.settings.check(self.space, self.images, self.threads)
    }

    /// Describes how the results are made. Two trainings with the same manifest end with the same weights.
    fn manifest(&self) -> Result<Value> {
        let internal = |error: serde_json::Error| Error::Internal(error.to_string());
        let mut manifest = Map::new();
        let images = self.images;
        let count = |set: &Option<zeronas_datasets::ImageSet>| set.as_ref().map_or(0, |set| set.len());
        for (key, value) in [
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("space", json!(self.space.name())),
            ("arch", json!(self.arch.as_str())),
            ("images", json!(self.images_name)),
            ("images-fingerprint", json!(images.fingerprint())),
            ("image-set", images.train.described()),
            ("train-images", json!(images.train.len())),
            ("valid-images", json!(count(&images.valid))),
            ("test-images", json!(count(&images.test))),
        ] {
            manifest.insert(key.into(), value);
        }
        let settings = serde_json::to_value(&self.settings).map_err(internal)?;
        manifest.extend(settings.as_object().cloned().unwrap_or_default());
        manifest.extend(self.space.macro_settings());
        Ok(Value::Object(manifest))
    }
}

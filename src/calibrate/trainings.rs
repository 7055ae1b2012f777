//! Labels by training: each network is trained once, and some with further seeds. Each training has its own folder, from which it resumes
//! after a kill.

use super::Label;
use crate::listener::{Listener, Stop};
use crate::space::{Arch, SearchSpace, check_ranges};
use crate::train::{Event, MOST_SEEDS, SAVE_AFTER, Settings, Training, folder_of, folder_of_seed, tell};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeronas_datasets::Splits;

/// How networks are trained to be labelled.
pub(super) struct Trainings<'a> {
    /// The images, some held out for validation; the accuracy on those is the label, in percent.
    pub images: &'a Splits,
    /// The recipe and everything else that determines a training. Its seed is the first seed of each network.
    pub settings: Settings,
    /// Threads of a training; they change no result.
    pub threads: usize,
    /// Number of seeds for the networks that are trained more than once.
    pub seeds: usize,
    /// How many networks are trained more than once.
    pub repeated: usize,
}

impl Trainings<'_> {
    /// Checks that these trainings are possible for networks of this space.
    pub(super) fn check(&self, space: &dyn SearchSpace) -> Result<()> {
        if self.images.valid.is_none() {
            return Err(Error::setting("valid_split", "without validation images there is nothing to judge by"));
        }
        check_ranges(&[("seeds", self.seeds, 1..=MOST_SEEDS)])?;
        self.settings.check(space, self.images, self.threads)
    }

    /// Describes what determines the labels, for a manifest.
    pub(super) fn described(&self) -> Value {
        json!({
            "images": self.images.train.name(),
            "images-fingerprint": self.images.fingerprint(),
            "image-set": self.images.train.described(),
            "settings": self.settings,
            "seeds": self.seeds,
            "repeated": self.repeated,
        })
    }

    /// Trains networks, given with their places in a field: all of them once, and then the first ones with their further seeds. A network
    /// whose first training diverges has no label; if a later one diverges, the network has one training less.
    ///
    /// # Errors
    /// Errors of [`Training::run`], except [`Error::Diverged`].
    pub(super) fn labels(
        &self,
        space: &dyn SearchSpace,
        networks: &[(usize, Arch)],
        out: &Path,
        stop: &Stop,
        listener: &dyn Listener,
    ) -> Result<Vec<Label>> {
        let repeated = self.repeated.min(networks.len());
        let further = (1..self.seeds).flat_map(|seed| (0..repeated).map(move |network| (network, seed)));
        let planned: Vec<(usize, usize)> = (0..networks.len()).map(|network| (network, 0)).chain(further).collect();
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); networks.len()];
        for (done, &(network, nth)) in planned.iter().enumerate() {
            // A network whose first training diverged is not trained again.
            if nth > 0 && values[network].is_empty() {
                continue;
            }
            let arch = &networks[network].1;
            let seed = self.settings.seed.wrapping_add(nth as u64);
            listener.note(&format!("training {} of {}, seed {seed}: {arch}", done + 1, planned.len()));
            let watch = |event: Event<'_>| {
                let epochs = self.settings.recipe.epochs;
                if let Event::Step { epoch, done: step, steps, .. } = event {
                    let trained = ((epoch - 1) as f64 + step as f64 / steps as f64) / epochs as f64;
                    listener.share((done as f64 + trained) / planned.len() as f64);
                }
                tell(listener, event, epochs);
            };
            match self.accuracy(space, arch, seed, out, stop, &watch) {
                Ok(value) => values[network].push(value),
                Err(error @ Error::Diverged { .. }) => listener.note(&format!("{error}; it has no label")),
                Err(error) => return Err(error),
            }
        }
        let label = |(trainings, (place, _)): (Vec<f64>, &(usize, Arch))| {
            let value = trainings.iter().sum::<f64>() / trainings.len() as f64;
            (!trainings.is_empty()).then_some(Label { place: *place, value, trainings })
        };
        Ok(values.into_iter().zip(networks).filter_map(label).collect())
    }

    /// The accuracy of one training on the validation images.
    fn accuracy(
        &self,
        space: &dyn SearchSpace,
        arch: &Arch,
        seed: u64,
        out: &Path,
        stop: &Stop,
        watch: &(dyn Fn(Event<'_>) + Sync),
    ) -> Result<f64> {
        let training = Training {
            space,
            arch,
            images: self.images,
            images_name: self.images.train.name(),
            settings: Settings { seed, ..self.settings.clone() },
            threads: self.threads,
            out: folder(out, arch, seed),
            // The folder of the whole calibration decides whether earlier results are allowed.
            resume: true,
            save_after: SAVE_AFTER,
        };
        let summary = training.run(stop, watch)?;
        let valid = summary.history.last().and_then(|last| last.valid);
        valid.map(|valid| valid.accuracy).ok_or_else(|| Error::Internal(format!("`{arch}` has no validation accuracy")))
    }
}

/// Where a training has its results.
fn folder(out: &Path, arch: &Arch, seed: u64) -> PathBuf {
    folder_of_seed(&folder_of(&out.join("trainings"), arch), seed)
}

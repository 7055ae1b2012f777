//! The way of a training from its first step, or its checkpoint, to its trained weights.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use zeronas_datasets::image::Statistics;
use zeronas_proxies::Batch;
use zeronas_proxies::engine::FusedSettings;
use zeronas_proxies::network::Network;

use super::batching::Batching;
use super::checkpoint::{Checkpoints, export};
use super::history::{EpochRow, table};
use super::loader::{TrainingBatches, ahead};
use super::state::State;
use super::step::Stepper;
use super::tally::Measures;
use super::{Training, page};
use crate::job::check_manifest;
use crate::report::output::Folder;
use crate::{Error, Result};

/// Within an epoch a checkpoint is written whenever this long has passed.
const SAVE_AFTER: Duration = Duration::from_secs(120);

/// What happens in a training, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step has been taken.
    Step {
        /// Number of the epoch, from 1.
        epoch: usize,
        /// Steps taken in it.
        done: usize,
        /// Steps it has.
        steps: usize,
        /// Loss and accuracy in it so far.
        measures: Measures,
        /// Training images a second in it so far.
        images_per_second: f64,
    },
    /// An epoch is over.
    Epoch(&'a EpochRow),
}

/// What a training came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// All epochs.
    pub history: Vec<EpochRow>,
    /// Numbers in the network's parameters.
    pub parameters: u64,
    /// Epochs that this run trained; the rest were there already.
    pub trained: usize,
}

impl Training<'_> {
    /// Trains to the end of the recipe and writes the trained weights, or until `stop` is set. `watch` is told of every step
    /// and epoch.
    ///
    /// # Errors
    /// Bad settings; results that are there already, cannot be written or were made with other settings; a loss that is not a
    /// number; [`Error::Stopped`] after `stop`.
    pub fn run(&self, stop: &AtomicBool, watch: &(dyn Fn(Event<'_>) + Sync)) -> Result<Summary> {
        self.run_to(self.settings.recipe.epochs, stop, watch)
    }

    /// Trains as far as the end of an epoch; a later call with [`Training::resume`] goes on from there.
    ///
    /// # Errors
    /// As [`Training::run`].
    pub fn run_to(&self, epochs: usize, stop: &AtomicBool, watch: &(dyn Fn(Event<'_>) + Sync)) -> Result<Summary> {
        self.check()?;
        let device = self.settings.device.open()?;
        let (net, manifest) = (self.network()?, self.manifest()?);
        let checkpoints = Checkpoints::new(&self.out);
        let recipe = &self.settings.recipe;
        let mut state = State::new(&net, recipe, self.settings.seed);
        if let Some(found) = checkpoints.found() {
            if !self.resume {
                return Err(Error::file(found, "exists; --resume goes on with it, or choose another --out"));
            }
            // Where the images were found does not matter; their fingerprint says what they are.
            checkpoints.load(&found, &mut state, &net, |was| check_manifest(&manifest, was, &found, &["images"]))?;
        }
        let folder = Folder::create(&self.out, &manifest)?;
        let images = &self.images.train;
        let fused = FusedSettings { exact: self.settings.exact, threads: self.threads };
        let engine = device.engine(fused);
        let mut run = Run {
            training: self,
            net: &net,
            manifest: &manifest,
            checkpoints,
            folder,
            batching: Batching { images: images.len(), size: recipe.batch_size, last: recipe.last_batch },
            statistics: recipe.statistics.unwrap_or(images.statistics()),
            stepper: Stepper::new(&net, engine, recipe.norm_momentum),
            saved: Instant::now(),
        };
        let before = state.progress.history.len();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|error| Error::flag("--threads", error.to_string()))?;
        pool.install(|| {
            for epoch in before..epochs.min(recipe.epochs) {
                run.epoch(epoch, &mut state, stop, watch)?;
            }
            Ok::<_, Error>(())
        })?;
        if state.progress.history.len() == recipe.epochs {
            export(&self.out.join("weights.safetensors"), &mut state, &net, &manifest)?;
        }
        let trained = state.progress.history.len() - before;
        Ok(Summary { history: state.progress.history, parameters: net.parameter_count(), trained })
    }
}

/// A training under way.
struct Run<'a> {
    training: &'a Training<'a>,
    net: &'a Network,
    manifest: &'a Value,
    checkpoints: Checkpoints,
    folder: Folder,
    batching: Batching,
    statistics: Statistics,
    stepper: Stepper<'a>,
    /// When the last checkpoint was written.
    saved: Instant,
}

impl Run<'_> {
    /// Trains what is left of an epoch, measures, and writes it all down.
    fn epoch(
        &mut self,
        epoch: usize,
        state: &mut State,
        stop: &AtomicBool,
        watch: &(dyn Fn(Event<'_>) + Sync),
    ) -> Result<()> {
        let Training { settings, images, .. } = self.training;
        let augmentation = settings.recipe.augmentation;
        let mut batches =
            TrainingBatches::new(&images.train, self.statistics, augmentation, self.batching, settings.seed);
        let steps = self.batching.of_epoch(epoch);
        let left = state.progress.steps.max(steps.start)..steps.end;
        ahead(left, move |step| batches.batch(step), |batches| self.steps(epoch, state, batches, stop, watch))?;
        self.measure(epoch, state)?;
        self.save(epoch, state)?;
        self.folder.write("history", table(&state.progress.history))?;
        page::write(&self.folder, &state.progress.history, self.manifest)?;
        state.progress.history.last().into_iter().for_each(|row| watch(Event::Epoch(row)));
        Ok(())
    }

    fn steps(
        &mut self,
        epoch: usize,
        state: &mut State,
        batches: &mut dyn Iterator<Item = zeronas_proxies::Result<Batch>>,
        stop: &AtomicBool,
        watch: &(dyn Fn(Event<'_>) + Sync),
    ) -> Result<()> {
        let all = self.batching.of_epoch(epoch);
        let mut start = Instant::now();
        for batch in batches {
            if stop.load(Ordering::Relaxed) {
                self.save(epoch, state)?;
                return Err(Error::Stopped { epoch: epoch + 1, steps: state.progress.steps });
            }
            self.step(epoch, state, &batch?)?;
            if self.saved.elapsed() >= SAVE_AFTER {
                self.save(epoch, state)?;
            }
            // Waiting for a batch counts too.
            let progress = &mut state.progress;
            progress.seconds += start.elapsed().as_secs_f64();
            start = Instant::now();
            if let Some(measures) = progress.tally.measures() {
                let done = progress.steps - all.start;
                let images_per_second = progress.tally.images as f64 / progress.seconds;
                watch(Event::Step { epoch: epoch + 1, done, steps: all.len(), measures, images_per_second });
            }
        }
        Ok(())
    }

    fn step(&mut self, epoch: usize, state: &mut State, batch: &Batch) -> Result<()> {
        let recipe = &self.training.settings.recipe;
        let rate = recipe.rate(&self.batching, state.progress.steps);
        state.progress.learning_rate = rate;
        let outcome = self.stepper.step(state, batch, rate)?;
        if !outcome.loss.is_finite() {
            return Err(self.diverged(epoch, state, format!("the loss is {}", outcome.loss)));
        }
        let progress = &mut state.progress;
        progress.tally.add(batch, &outcome);
        progress.steps += 1;
        Ok(())
    }

    /// Ends an epoch with its row.
    fn measure(&mut self, epoch: usize, state: &mut State) -> Result<()> {
        let start = Instant::now();
        let images = self.training.images;
        let mut on = |set: &Option<zeronas_datasets::ImageSet>| match set {
            Some(set) => self.stepper.evaluate(state, set, self.statistics),
            None => Ok(None),
        };
        let (valid, test) = (on(&images.valid)?, on(&images.test)?);
        if let Some(measures) = [valid, test].into_iter().flatten().find(|measures| !measures.loss.is_finite()) {
            return Err(self.diverged(epoch, state, format!("the loss on images held out is {}", measures.loss)));
        }
        let progress = &mut state.progress;
        let (tally, seconds) = (std::mem::take(&mut progress.tally), std::mem::take(&mut progress.seconds));
        let train = tally.measures().ok_or_else(|| Error::Internal(format!("epoch {} has no step", epoch + 1)))?;
        progress.history.push(EpochRow {
            epoch: epoch + 1,
            steps: progress.steps,
            learning_rate: progress.learning_rate,
            train,
            valid,
            test,
            seconds,
            evaluation_seconds: start.elapsed().as_secs_f64(),
            images_per_second: tally.images as f64 / seconds,
        });
        Ok(())
    }

    /// Writes a checkpoint, of a state that a training can go on from.
    fn save(&mut self, epoch: usize, state: &mut State) -> Result<()> {
        if !state.is_finite(self.net) {
            return Err(self.diverged(epoch, state, "a weight is not a finite number".into()));
        }
        self.checkpoints.save(state, self.net, self.manifest)?;
        self.saved = Instant::now();
        Ok(())
    }

    fn diverged(&self, epoch: usize, state: &State, what: String) -> Error {
        Error::Diverged {
            what,
            epoch: epoch + 1,
            step: state.progress.steps + 1,
            learning_rate: state.progress.learning_rate,
            kept: self.checkpoints.found(),
        }
    }
}

#[cfg(test)]
mod tests;

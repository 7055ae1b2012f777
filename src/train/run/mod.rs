//! The run of a training from its first step, or its checkpoint, to its trained weights.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::Value;
use zeronas_proxies::engine::FusedSettings;
use zeronas_proxies::network::Network;

use super::checkpoint::{Checkpoints, export};
use super::course::{Course, Ended};
use super::history::{EpochRow, table};
use super::state::State;
use super::step::Stepper;
use super::tally::Measures;
use super::{Training, page};
use crate::device::pool;
use crate::export::NETWORK_FILE;
use crate::results::{Claim, Folder, check_manifest, replace_text};
use crate::space::networks;
use crate::{Error, Result};

/// Events of a training, for whoever shows them.
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
        /// Training images per second in it so far.
        images_per_second: f64,
    },
    /// An epoch is over.
    Epoch(&'a EpochRow),
    /// The training goes on where an earlier run stopped.
    Resumed {
        /// Epochs that are over.
        epochs: usize,
        /// Steps taken, over all epochs.
        steps: usize,
    },
}

/// The results of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// All epochs.
    pub history: Vec<EpochRow>,
    /// Number of the network's parameters.
    pub parameters: u64,
    /// Epochs that this run trained; the rest were there already.
    pub trained: usize,
    /// Images that it was tested on after every epoch, if there are any.
    pub test_images: Option<usize>,
}

impl Training<'_> {
    /// Trains to the end of the recipe and writes the trained weights, or stops early once `stop` is set. `watch` receives every step
    /// and epoch.
    ///
    /// # Errors
    /// Bad settings; results that already exist, cannot be written or were made with other settings; a folder that another process is
    /// working in; a loss or weight that is not finite; [`Error::Stopped`] after `stop`.
    pub fn run(&self, stop: &AtomicBool, watch: &(dyn Fn(Event<'_>) + Sync)) -> Result<Summary> {
        self.run_to(self.settings.recipe.epochs, stop, watch)
    }

    /// Trains as far as the end of an epoch; a later call with [`Training::resume`] goes on from there.
    ///
    /// # Errors
    /// As [`Training::run`].
    pub fn run_to(&self, epochs: usize, stop: &AtomicBool, watch: &(dyn Fn(Event<'_>) + Sync)) -> Result<Summary> {
        self.check()?;
        let (net, manifest) = (self.network()?, self.manifest()?);
        let device = self.settings.device.open()?;
        let claim = Claim::new(&self.out, self.resume)?;
        let checkpoints = Checkpoints::new(&self.out);
        let Training { settings, threads, .. } = self;
        let recipe = &settings.recipe;
        let mut state = State::new(&net, recipe, settings.seed);
        // Where the images were found does not matter; their fingerprint says what they are.
        let check = |was: &Value, path: &Path| check_manifest(&manifest, was, path, &["images", "image-set"]);
        match checkpoints.found() {
            Some(found) => checkpoints.load(&found, &mut state, &net, |was| check(was, &found))?,
            None => claim.check_manifest(check)?,
        }
        let folder = Folder::create(&self.out, &manifest)?;
        let fused = FusedSettings { exact: settings.exact, threads: *threads };
        let engine = device.engine(fused);
        let mut run = Run {
            training: self,
            net: &net,
            manifest: &manifest,
            checkpoints,
            folder,
            course: Course::new(recipe, &self.images.train, settings.seed),
            stepper: Stepper::new(&net, engine, recipe.norm_momentum),
            saved: Instant::now(),
        };
        // The process may have been killed, or the disk full, after the checkpoint and before what is written after it.
        run.show(&state)?;
        let before = state.progress.history.len();
        if state.progress.steps > 0 {
            watch(Event::Resumed { epochs: before, steps: state.progress.steps });
        }
        pool(*threads)?.install(|| {
            for epoch in before..epochs.min(recipe.epochs) {
                run.epoch(epoch, &mut state, stop, watch)?;
            }
            Ok::<_, Error>(())
        })?;
        if state.progress.history.len() == recipe.epochs {
            let path = self.out.join(NETWORK_FILE);
            let form = networks::json_of(&net, Some(self.arch.as_str()))?;
            replace_text(&path, &form)?;
            export(&self.out.join("weights.safetensors"), &mut state, &net, &manifest)?;
        }
        let trained = state.progress.history.len() - before;
        let test_images = self.images.test.as_ref().map(|test| test.len());
        Ok(Summary { history: state.progress.history, parameters: net.parameter_count(), trained, test_images })
    }
}

/// A training under way.
struct Run<'a> {
    training: &'a Training<'a>,
    net: &'a Network,
    manifest: &'a Value,
    checkpoints: Checkpoints,
    folder: Folder,
    course: Course<'a>,
    stepper: Stepper<'a>,
    /// When the last checkpoint was written.
    saved: Instant,
}

impl Run<'_> {
    /// Trains the rest of an epoch, measures, and writes the results.
    fn epoch(
        &mut self,
        epoch: usize,
        state: &mut State,
        stop: &AtomicBool,
        watch: &(dyn Fn(Event<'_>) + Sync),
    ) -> Result<()> {
        self.steps(epoch, state, stop, watch)?;
        self.measure(epoch, state, stop)?;
        self.save(epoch, state)?;
        self.show(state)?;
        state.progress.history.last().into_iter().for_each(|row| watch(Event::Epoch(row)));
        Ok(())
    }

    fn steps(
        &mut self,
        epoch: usize,
        state: &mut State,
        stop: &AtomicBool,
        watch: &(dyn Fn(Event<'_>) + Sync),
    ) -> Result<()> {
        let Run { training, net, manifest, checkpoints, course, stepper, saved, .. } = self;
        let all = course.batching.of_epoch(epoch);
        let ended = course.steps(epoch, stepper, state, stop, |state| {
            // A state that is not finite is no checkpoint; its loss, or the end of the epoch, ends the training.
            if saved.elapsed() >= training.save_after && state.is_finite(net) {
                checkpoints.save(state, net, manifest)?;
                *saved = Instant::now();
            }
            let progress = &state.progress;
            if let Some(measures) = progress.tally.measures() {
                let (done, images_per_second) = (progress.steps - all.start, progress.images_per_second());
                watch(Event::Step { epoch: epoch + 1, done, steps: all.len(), measures, images_per_second });
            }
            Ok(())
        })?;
        match ended {
            Ended::Whole => Ok(()),
            Ended::Stopped => Err(self.stopped(epoch, state)?),
            Ended::Diverged(loss) => {
                Err(self.diverged(epoch, state.progress.steps + 1, state, format!("the loss is {loss}")))
            }
        }
    }

    /// Ends an epoch: evaluates the network and adds the epoch's row.
    fn measure(&mut self, epoch: usize, state: &mut State, stop: &AtomicBool) -> Result<()> {
        let start = Instant::now();
        let images = self.training.images;
        let mut held_out = [None; 2];
        for (measures, set) in held_out.iter_mut().zip([&images.valid, &images.test]) {
            let Some(set) = set else { continue };
            *measures = self.stepper.evaluate(state, set, self.course.statistics, stop)?;
            match measures {
                None => return Err(self.stopped(epoch, state)?),
                Some(Measures { loss, .. }) if !loss.is_finite() => {
                    let what = format!("the loss on images held out is {loss}");
                    return Err(self.diverged(epoch, state.progress.steps, state, what));
                }
                Some(_) => {}
            }
        }
        let progress = &mut state.progress;
        let images_per_second = progress.images_per_second();
        let (tally, seconds) = (std::mem::take(&mut progress.tally), std::mem::take(&mut progress.seconds));
        let [valid, test] = held_out;
        progress.history.push(EpochRow {
            epoch: epoch + 1,
            steps: progress.steps,
            learning_rate: progress.learning_rate,
            train: tally.measures().ok_or_else(|| Error::Internal(format!("epoch {} has no step", epoch + 1)))?,
            valid,
            test,
            seconds,
            evaluation_seconds: start.elapsed().as_secs_f64(),
            images_per_second,
        });
        Ok(())
    }

    /// Writes a checkpoint, provided that a training can continue from the state.
    fn save(&mut self, epoch: usize, state: &mut State) -> Result<()> {
        if !state.is_finite(self.net) {
            let what = "a weight is not a finite number".into();
            return Err(self.diverged(epoch, state.progress.steps, state, what));
        }
        self.checkpoints.save(state, self.net, self.manifest)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Writes the finished epochs, if any, as tables and page.
    fn show(&self, state: &State) -> Result<()> {
        let history = &state.progress.history;
        if history.is_empty() {
            return Ok(());
        }
        self.folder.write("history", table(history))?;
        page::write(&self.folder, history, self.manifest)
    }

    /// Saves the state, and returns an error that says where the training stopped.
    fn stopped(&mut self, epoch: usize, state: &mut State) -> Result<Error> {
        self.save(epoch, state)?;
        Ok(Error::Stopped { epoch: epoch + 1, steps: state.progress.steps })
    }

    /// Returns the error for a value that is not finite in or after a step, counted from 1.
    fn diverged(&self, epoch: usize, step: usize, state: &State, what: String) -> Error {
        Error::Diverged {
            arch: self.training.arch.to_string(),
            what,
            epoch: epoch + 1,
            step,
            learning_rate: state.progress.learning_rate,
            kept: self.checkpoints.found(),
        }
    }
}

#[cfg(test)]
mod tests;

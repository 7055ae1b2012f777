//! The request for a training.

use super::history::numbers;
use super::tally::Measures;
use super::{EpochRow, Event, Recipe, RecipeName, SAVE_AFTER, Settings, Summary, Training};
use crate::device::{Device, cores};
use crate::images::{Images, Loaded};
use crate::listener::{Listener, Progress, Stop};
use crate::recipe::schedule::Schedule;
use crate::space::{Names, SearchSpace, SpaceChoice};
use crate::{Error, Result};
use std::path::PathBuf;
use zeronas_datasets::image::Reading;
use zeronas_datasets::{Splits, ValidSplit};

/// Trains one architecture with a benchmark's recipe.
#[derive(Clone, Debug)]
pub struct TrainRequest {
    /// The space.
    pub space: SpaceChoice,
    /// The architecture, in its benchmark's notation, or by index or hash in the table at [`from`](Self::from).
    pub arch: String,
    /// A benchmark table that knows the architecture.
    pub from: Option<PathBuf>,
    /// The column of that table that names architectures, if it does not have one of the usual names.
    pub arch_column: Option<String>,
    /// The images to train on.
    pub images: TrainImages,
    /// How to train.
    pub recipe: RecipeChoice,
    /// Epochs; the schedule spans all of them. The recipe's number by default.
    pub epochs: Option<usize>,
    /// Where to train, and the folder for the results.
    pub place: TrainPlace,
}

/// Which images are trained on.
#[derive(Clone, Debug)]
pub struct TrainImages {
    /// `embedded`, or the path of an image set.
    pub images: String,
    /// Leave damaged pictures out, instead of refusing the folder.
    pub skip_damaged: bool,
    /// Which images are held out for validation; the recipe decides by default.
    pub valid_split: Option<ValidSplit>,
}

/// How networks are trained: a recipe, and the settings that override it.
#[derive(Clone, Debug)]
pub struct RecipeChoice {
    /// The recipe.
    pub recipe: RecipeName,
    /// Images per step, if not the recipe's.
    pub batch_size: Option<usize>,
    /// Learning rate at the start, if not the recipe's.
    pub learning_rate: Option<f64>,
    /// Decides initial weights, the order of the images and their augmentation.
    pub seed: u64,
    /// Train the network as the benchmark writes it, dead layers included.
    pub as_written: bool,
    /// Direct convolutions only, no Winograd.
    pub exact: bool,
}

/// Where networks are trained, and where the results go.
#[derive(Clone, Debug)]
pub struct TrainPlace {
    /// Where networks run.
    pub device: Device,
    /// Threads; all cores by default.
    pub threads: Option<usize>,
    /// Folder for the results.
    pub out: PathBuf,
    /// Continue what an earlier run left there.
    pub resume: bool,
}

impl TrainRequest {
    /// A request to train this architecture of the default space on these images, with this recipe, into this folder.
    pub fn new(arch: &str, images: &str, recipe: RecipeName, out: impl Into<PathBuf>) -> Self {
        TrainRequest {
            space: SpaceChoice::default(),
            arch: arch.to_owned(),
            from: None,
            arch_column: None,
            images: images.into(),
            recipe: recipe.into(),
            epochs: None,
            place: TrainPlace::new(out),
        }
    }

    /// Trains, and writes history, checkpoints, network and weights.
    ///
    /// # Errors
    /// Names the file or setting at fault; [`Stopped`](Error::Stopped) after `stop`, [`Diverged`](Error::Diverged) if the training diverges.
    pub fn run(&self, stop: &Stop, listener: &dyn Listener) -> Result<Summary> {
        let (space, images) = self.loaded(listener)?;
        self.run_on(space.as_ref(), &images, stop, listener)
    }

    /// Returns the space whose networks take the images, and the images.
    pub(crate) fn loaded(&self, listener: &dyn Listener) -> Result<(Box<dyn SearchSpace>, Splits)> {
        // Report impossible settings before anything is read.
        self.recipe.settings(self.epochs, self.place.device)?;
        let images = self.images.find(self.space.classes())?;
        let space = images.space_for(&self.space)?;
        let images = self.images.read(images, space.as_ref(), self.recipe.recipe, listener)?;
        Ok((space, images))
    }

    /// The same as [`TrainRequest::run`] with what is loaded already.
    pub(crate) fn run_on(
        &self,
        space: &dyn SearchSpace,
        images: &Splits,
        stop: &Stop,
        listener: &dyn Listener,
    ) -> Result<Summary> {
        let settings = self.recipe.settings(self.epochs, self.place.device.settled(listener))?;
        let names = Names::new(space, self.from.as_deref(), self.arch_column.as_deref(), listener)?;
        let arch = names.arch(&self.arch)?;
        let epochs = settings.recipe.epochs;
        let training = Training {
            space,
            arch: &arch,
            images,
            images_name: images.train.name(),
            settings,
            threads: self.place.workers(),
            out: self.place.out.clone(),
            resume: self.place.resume,
            save_after: SAVE_AFTER,
        };
        training.run(stop, &|event| {
            if let Event::Step { epoch, done, steps, .. } = event {
                listener.share(((epoch - 1) as f64 + done as f64 / steps as f64) / epochs as f64);
            }
            if let Event::Epoch(row) = event {
                listener.numbers("", row.epoch as u64, &numbers(row));
            }
            tell(listener, event, epochs);
        })
    }
}

impl From<&str> for TrainImages {
    fn from(images: &str) -> Self {
        TrainImages { images: images.to_owned(), skip_damaged: false, valid_split: None }
    }
}

impl From<RecipeName> for RecipeChoice {
    fn from(recipe: RecipeName) -> Self {
        RecipeChoice { recipe, batch_size: None, learning_rate: None, seed: 0, as_written: false, exact: false }
    }
}

impl TrainPlace {
    /// On the processor, into this folder.
    pub fn new(out: impl Into<PathBuf>) -> Self {
        TrainPlace { device: Device::default(), threads: None, out: out.into(), resume: false }
    }

    pub(crate) fn workers(&self) -> usize {
        self.threads.unwrap_or_else(cores)
    }
}

impl TrainImages {
    /// Finds the images; `classes` is their number of classes, if it was given.
    pub(crate) fn find(&self, classes: Option<usize>) -> Result<Images> {
        Images::find(&self.images, &Reading { classes, skip_damaged: self.skip_damaged })
    }

    /// Reads the images in the shape that the space's networks take, and holds out the validation images.
    fn read(
        &self,
        images: Images,
        space: &dyn SearchSpace,
        recipe: RecipeName,
        listener: &dyn Listener,
    ) -> Result<Splits> {
        let images = images.read_noted(space, listener)?;
        let split = self.valid_split.clone().unwrap_or_else(|| recipe.valid_split());
        with_valid(images.splits()?, &split)
    }

    /// The same; if nothing says otherwise, a tenth of the training images is held out.
    pub(crate) fn read_to_choose(
        &self,
        images: Images,
        space: &dyn SearchSpace,
        recipe: RecipeName,
        listener: &dyn Listener,
    ) -> Result<Splits> {
        let splits = self.read(images, space, recipe, listener)?;
        if splits.valid.is_some() || self.valid_split.is_some() {
            return Ok(splits);
        }
        with_tenth(splits)
    }
}

/// Returns the images for a search that trains, with some held out as the recipe says, or else a tenth.
pub(crate) fn to_choose(images: &Loaded, recipe: RecipeName) -> Result<Splits> {
    let splits = with_valid(images.splits()?, &recipe.valid_split())?;
    if splits.valid.is_some() { Ok(splits) } else { with_tenth(splits) }
}

fn with_tenth(splits: Splits) -> Result<Splits> {
    let tenth = ValidSplit::Images(splits.train.len() / 10);
    with_valid(splits, &tenth)
}

/// Holds validation images out.
fn with_valid(splits: Splits, split: &ValidSplit) -> Result<Splits> {
    splits.with_valid(split).map_err(|error| match error {
        zeronas_datasets::Error::ValidSplit { reason } => Error::setting("valid_split", reason),
        other => other.into(),
    })
}

impl RecipeChoice {
    /// Returns the resulting settings on a device, with this many epochs or those of the recipe.
    pub(crate) fn settings(&self, epochs: Option<usize>, device: Device) -> Result<Settings> {
        let named = self.recipe.recipe();
        let peak = self.learning_rate.unwrap_or(named.schedule.peak);
        if !(peak.is_finite() && peak >= 0.0) {
            return Err(Error::setting("learning_rate", format!("{peak} is not a number from 0")));
        }
        let recipe = Recipe {
            epochs: epochs.unwrap_or(named.epochs),
            batch_size: self.batch_size.unwrap_or(named.batch_size),
            schedule: Schedule { peak, ..named.schedule },
            ..named
        };
        Ok(Settings { recipe, seed: self.seed, as_written: self.as_written, exact: self.exact, device })
    }
}

/// Reports to a listener what happens in a training of this many epochs.
pub(crate) fn tell(listener: &dyn Listener, event: Event<'_>, epochs: usize) {
    match event {
        Event::Step { epoch, done, steps, measures: Measures { loss, accuracy, .. }, images_per_second } => {
            listener.progress(Progress { done, total: steps });
            listener.doing(format_args!(
                "epoch {epoch}/{epochs}  loss {loss:.4}  {accuracy:.2} %  {images_per_second:.0} images/s"
            ));
        }
        Event::Epoch(row) => listener.note(&row.text(epochs)),
        Event::Resumed { epochs: over, steps } => {
            listener.note(&format!("{over} of {epochs} epochs, {steps} steps, are there already"));
        }
    }
}

impl EpochRow {
    /// Returns a line about the epoch; `epochs` is the total number.
    pub fn text(&self, epochs: usize) -> String {
        let mut text = format!("epoch {}/{epochs}", self.epoch);
        for (part, measures) in [("train", Some(self.train)), ("valid", self.valid), ("test", self.test)] {
            if let Some(Measures { loss, accuracy, top5 }) = measures {
                text += &format!("  {part} {accuracy:.2} % (top 5 {top5:.2} %, loss {loss:.4})");
            }
        }
        let seconds = self.seconds + self.evaluation_seconds;
        text + &format!("  {:.0} images/s, {seconds:.1} s", self.images_per_second)
    }
}

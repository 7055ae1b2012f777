//! `zeronas train`: one architecture, really trained.

use super::archs::Names;
use super::pictures::{PictureArgs, tell};
use super::process::{stop_flag, threads};
use super::reading::ArchColumnArg;
use super::recipe::RecipeParser;
use super::space::SpaceArgs;
use crate::device::Device;
use crate::images::{Images, Loaded};
use crate::space::SearchSpace;
use crate::train::{EpochRow, Event, Recipe, RecipeName, SAVE_AFTER, Settings, Training};
use crate::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::time::Duration;
use zeronas_datasets::{Splits, ValidSplit};

/// Train one architecture by a benchmark's recipe
///
/// Trains the architecture's network on an image set and measures it after every epoch: loss, accuracy and top-5 accuracy on the
/// training images (as they were seen, augmented), on validation images where some are held out, and on the test images; batch
/// norms use their running statistics there. The result depends on the settings in manifest.json and on nothing else: not on
/// threads or interruptions.
///
/// Writes into the folder of --out: history.parquet and history.csv (a row per epoch), curves.html, manifest.json, a checkpoint
/// after every epoch and every two minutes, and at the end network.json and weights.safetensors: parameters as LAYER.weight and
/// LAYER.bias, running statistics as LAYER.running_mean and LAYER.running_var. `zeronas export` makes ONNX or PyTorch of them. A
/// killed training continues with the same command and --resume, to the same weights.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas train --arch '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|' \\
      --images cifar-10-batches-bin --recipe nats-12 --out trained
  zeronas train --arch 6111 --images cifar-10-batches-bin --recipe nats-200 \\
      --valid-split nats --seed 777 --out trained --resume
  zeronas train --arch 6111 --images my-pictures --resolution 64 --recipe quick --valid-split 500 --out trained")]
pub struct TrainArgs {
    #[command(flatten)]
    space: SpaceArgs,

    /// The architecture, as its benchmark writes it, or with --from its index or hash
    #[arg(long, value_name = "ARCH")]
    arch: String,

    /// A benchmark table in which --arch may be an `index` or `module_hash`
    #[arg(long, value_name = "TABLE")]
    from: Option<PathBuf>,

    #[command(flatten)]
    column: ArchColumnArg,

    #[command(flatten)]
    images: ImageArgs,

    #[command(flatten)]
    recipe: RecipeArgs,

    /// Epochs, with a whole cosine over them [default: the recipe's]
    #[arg(long, value_name = "E")]
    epochs: Option<usize>,

    #[command(flatten)]
    run: RunArgs,
}

/// Where networks are trained, and where that goes.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Where networks run: cpu, or cuda or cuda:N for an NVIDIA GPU
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: Device,

    /// Threads; they change no result [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,

    /// Folder for the results
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Continue what an earlier run left in --out
    #[arg(long)]
    pub resume: bool,
}

/// Which images.
#[derive(Debug, clap::Args)]
pub(super) struct ImageArgs {
    /// Images: `embedded` (256 of CIFAR-10), or a path of CIFAR-10 or CIFAR-100 (binary or Python version), ImageNet16's batches, one
    /// file of such records, a folder of pictures with a folder for each class (directly or in train, val and test), or .npz and
    /// .npy arrays
    #[arg(long, value_name = "IMAGES")]
    images: String,

    #[command(flatten)]
    pictures: PictureArgs,

    /// Validation images: a number of training images drawn at random, `last:N` of them in file order, `half` of them drawn, `nats`
    /// (the 25,000 of CIFAR-10 that NATS-Bench holds out), `test-half`, `own` (the set's, if it has any), or an official list of
    /// NATS-Bench such as cifar100-test-split.txt [default: the recipe's]
    #[arg(long, value_name = "WHICH")]
    valid_split: Option<ValidSplit>,
}

/// How to train.
#[derive(Debug, clap::Args)]
pub(super) struct RecipeArgs {
    /// The recipe
    #[arg(long, value_name = "RECIPE", value_parser = RecipeParser)]
    recipe: RecipeName,

    /// Images per step [default: the recipe's]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// Learning rate at the start [default: the recipe's]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    learning_rate: Option<f64>,

    /// Decides initial weights, the order of the images and their augmentation
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Train the network literally as the benchmark defines it, dead layers included
    #[arg(long)]
    as_written: bool,

    /// Direct convolutions only, no Winograd; slower, and rounds less
    #[arg(long)]
    exact: bool,
}

impl ImageArgs {
    /// The images, found; `classes` is what a flag says of their number.
    pub(super) fn find(&self, classes: Option<usize>) -> Result<Images> {
        Images::find(&self.images, &self.pictures.reading(classes))
    }

    /// The images as the space's networks take them, their validation images held out by the recipe unless the flag says otherwise.
    fn read(&self, images: Images, space: &dyn SearchSpace, recipe: RecipeName) -> Result<Splits> {
        let images = images.read(space)?;
        tell(&images);
        let split = self.valid_split.clone().unwrap_or_else(|| recipe.valid_split());
        with_valid(images.splits()?, &split)
    }

    /// The same; where nothing says otherwise, a tenth of the training images is held out.
    pub(super) fn read_to_choose(&self, images: Images, space: &dyn SearchSpace, recipe: RecipeName) -> Result<Splits> {
        let splits = self.read(images, space, recipe)?;
        if splits.valid.is_some() || self.valid_split.is_some() {
            return Ok(splits);
        }
        with_tenth(splits)
    }
}

/// The images of a search that trains, some of them held out by the recipe, or else a tenth.
pub(super) fn to_choose(images: &Loaded, recipe: RecipeName) -> Result<Splits> {
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
        zeronas_datasets::Error::ValidSplit { reason } => Error::flag("--valid-split", reason),
        other => other.into(),
    })
}

impl RecipeArgs {
    pub(super) fn name(&self) -> RecipeName {
        self.recipe
    }

    /// The settings where rungs say how long.
    pub(super) fn settings_to(&self, rungs: &[usize], device: Device) -> Result<Settings> {
        self.settings(rungs.iter().copied().max(), device)
    }

    /// The settings that the flags come to on a device, with so many epochs or those of the recipe.
    pub(super) fn settings(&self, epochs: Option<usize>, device: Device) -> Result<Settings> {
        let named = self.recipe.recipe();
        let peak = self.learning_rate.unwrap_or(named.schedule.peak);
        if !(peak.is_finite() && peak >= 0.0) {
            return Err(Error::flag("--learning-rate", format!("{peak} is not a number from 0")));
        }
        let recipe = Recipe {
            epochs: epochs.unwrap_or(named.epochs),
            batch_size: self.batch_size.unwrap_or(named.batch_size),
            schedule: crate::recipe::schedule::Schedule { peak, ..named.schedule },
            ..named
        };
        Ok(Settings { recipe, seed: self.seed, as_written: self.as_written, exact: self.exact, device })
    }
}

/// Trains and prints what it came to.
pub fn run(args: TrainArgs) -> Result<()> {
    let settings = args.recipe.settings(args.epochs, args.run.device)?;
    let images = args.images.find(args.space.classes())?;
    let space = args.space.space_for(&images)?;
    let images = args.images.read(images, space.as_ref(), args.recipe.name())?;
    let arch = Names::new(space.as_ref(), args.from.as_deref(), &args.column)?.arch(&args.arch)?;
    let training = Training {
        space: space.as_ref(),
        arch: &arch,
        images: &images,
        images_name: images.train.name(),
        settings,
        threads: threads(args.run.threads),
        out: args.run.out,
        resume: args.run.resume,
        save_after: SAVE_AFTER,
    };
    let bar = Bar::new(training.settings.recipe.epochs);
    let summary = training.run(&stop_flag(), &|event| bar.show(event))?;
    bar.finish();
    let last = summary.history.last().map(|row| described(row, training.settings.recipe.epochs)).unwrap_or_default();
    let parameters = summary.parameters;
    let epochs = if summary.trained == 1 { "epoch" } else { "epochs" };
    eprintln!("{}: {} {epochs} trained, {parameters} parameters", training.out.display(), summary.trained);
    crate::print(&format!("{last}\n"))
}

/// An epoch in a line.
fn described(row: &EpochRow, epochs: usize) -> String {
    let mut text = format!("epoch {}/{epochs}", row.epoch);
    for (part, measures) in [("train", Some(row.train)), ("valid", row.valid), ("test", row.test)] {
        if let Some(measures) = measures {
            let crate::train::tally::Measures { loss, accuracy, top5 } = measures;
            text += &format!("  {part} {accuracy:.2} % (top 5 {top5:.2} %, loss {loss:.4})");
        }
    }
    let seconds = row.seconds + row.evaluation_seconds;
    text + &format!("  {:.0} images/s, {seconds:.1} s", row.images_per_second)
}

/// A progress bar on a terminal's stderr, and a line per epoch everywhere.
pub(super) struct Bar {
    bar: ProgressBar,
    epochs: usize,
}

impl Bar {
    pub(super) fn new(epochs: usize) -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} steps  {msg}  {elapsed} gone") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Bar { bar, epochs }
    }

    pub(super) fn show(&self, event: Event<'_>) {
        match event {
            Event::Step { epoch, done, steps, measures, images_per_second } => {
                let (epochs, loss, accuracy) = (self.epochs, measures.loss, measures.accuracy);
                self.bar.set_length(steps as u64);
                self.bar.set_position(done as u64);
                let message =
                    format!("epoch {epoch}/{epochs}  loss {loss:.4}  {accuracy:.2} %  {images_per_second:.0} images/s");
                self.bar.set_message(message);
            }
            Event::Epoch(row) => self.say(&described(row, self.epochs)),
        }
    }

    /// Puts a line above the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

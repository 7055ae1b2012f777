//! `zeronas train`: trains one architecture.

use super::logged::{LogArgs, Logged};
use super::process::stop_flag;
use super::progress::Bar;
use super::reading::ArchColumnArg;
use super::space::SpaceArgs;
use super::terminal::{done, is_json, print};
use super::words::recipes;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::device::Device;
use zeronas::text::Text;
use zeronas::train::{RecipeChoice, RecipeName, TrainImages, TrainPlace, TrainRequest, history};
use zeronas_datasets::ValidSplit;

/// Train one architecture with a recipe
///
/// Trains the architecture's network on an image set and measures it after every epoch: loss, accuracy and top-5 accuracy on the
/// training images (as they were seen, augmented), on validation images if some are held out, and on the test images; on the last
/// two, batch norms use their running statistics. The result depends on the settings in manifest.json and on nothing else: not on
/// threads or interruptions.
///
/// Writes into the folder of --out: history.parquet and history.csv (a row per epoch), curves.html, manifest.json, a checkpoint
/// after every epoch and every two minutes, and at the end network.json and weights.safetensors: parameters as LAYER.weight and
/// LAYER.bias, running statistics as LAYER.running_mean and LAYER.running_var. `zeronas export` turns them into ONNX or PyTorch. A
/// killed training continues with the same command and --resume, and ends with the same weights.
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

    /// Number of epochs; the recipe's cosine schedule spans them [default: the recipe's]
    #[arg(long, value_name = "E")]
    epochs: Option<usize>,

    #[command(flatten)]
    log: LogArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// Where networks are trained, and where the results go.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Where networks run: cpu, or cuda or cuda:N for an NVIDIA GPU
    #[arg(long, value_name = "DEVICE", default_value_t, help_heading = "Run and results")]
    pub device: Device,

    /// Number of threads; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Run and results")]
    pub threads: Option<usize>,

    /// Folder for the results
    #[arg(long, value_name = "DIR", help_heading = "Run and results")]
    pub out: PathBuf,

    /// Continue what an earlier run left in --out
    #[arg(long, help_heading = "Run and results")]
    pub resume: bool,
}

/// Which images.
#[derive(Debug, clap::Args)]
pub(super) struct ImageArgs {
    /// Images: `embedded` (256 of CIFAR-10), or a path to CIFAR-10 or CIFAR-100 (binary or Python version), ImageNet16's batches, one
    /// file of such records, a folder of pictures with a folder for each class (directly or in train, val and test), or .npz and
    /// .npy arrays
    #[arg(long, value_name = "IMAGES", help_heading = "Images")]
    images: String,

    /// Leave out damaged pictures in --images and say how many, instead of refusing the folder
    #[arg(long, help_heading = "Images", hide_short_help = true)]
    skip_damaged: bool,

    /// Validation images: a number of training images drawn at random, `last:N` (the last N in file order), `half` (half of them, drawn at
    /// random), `nats` (the 25,000 of CIFAR-10 that NATS-Bench holds out), `test-half`, `own` (the set's own, if it has any), or an
    /// official list of NATS-Bench such as cifar100-test-split.txt [default: the recipe's]
    #[arg(long, value_name = "WHICH", help_heading = "Images")]
    valid_split: Option<ValidSplit>,
}

/// How to train.
#[derive(Debug, clap::Args)]
pub(super) struct RecipeArgs {
    /// Training recipe
    #[arg(long, value_name = "RECIPE", value_parser = recipes(), help_heading = "Training")]
    recipe: RecipeName,

    /// Images per step [default: the recipe's]
    #[arg(long, value_name = "N", help_heading = "Training")]
    batch_size: Option<usize>,

    /// Learning rate at the start [default: the recipe's]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, help_heading = "Training")]
    learning_rate: Option<f64>,

    /// Seed of the initial weights, the image order and the augmentation
    #[arg(long, value_name = "SEED", default_value_t = 0, help_heading = "Training")]
    seed: u64,

    /// Train the network literally as the benchmark defines it, dead layers included
    #[arg(long, help_heading = "Training", hide_short_help = true)]
    as_written: bool,

    /// Direct convolutions only, no Winograd; slower, but rounds less
    #[arg(long, help_heading = "Training", hide_short_help = true)]
    exact: bool,
}

impl From<ImageArgs> for TrainImages {
    fn from(args: ImageArgs) -> Self {
        let ImageArgs { images, skip_damaged, valid_split } = args;
        TrainImages { images, skip_damaged, valid_split }
    }
}

impl From<RecipeArgs> for RecipeChoice {
    fn from(args: RecipeArgs) -> Self {
        let RecipeArgs { recipe, batch_size, learning_rate, seed, as_written, exact } = args;
        RecipeChoice { recipe, batch_size, learning_rate, seed, as_written, exact }
    }
}

impl From<RunArgs> for TrainPlace {
    fn from(args: RunArgs) -> Self {
        let RunArgs { device, threads, out, resume } = args;
        TrainPlace { device, threads, out, resume }
    }
}

/// Trains and prints what it came to.
pub fn run(args: TrainArgs) -> Result<()> {
    let request = TrainRequest {
        space: args.space.into(),
        arch: args.arch,
        from: args.from,
        arch_column: args.column.arch_column,
        images: args.images.into(),
        recipe: args.recipe.into(),
        epochs: args.epochs,
        place: args.run.into(),
    };
    let bar = Logged::new(Bar::of_parts("steps"), &args.log, &request.place.out);
    let summary = request.run(&stop_flag(), &bar)?;
    bar.finish()?;
    let (out, trained, parameters) = (request.place.out.display(), summary.trained, summary.parameters);
    let epochs = if trained == 1 { "epoch" } else { "epochs" };
    let last = summary.history.last().map(|row| row.text(summary.history.len()));
    let shown =
        if is_json() { history::epochs(&summary.history).into() } else { Text::from(last.unwrap_or_default() + "\n") };
    print(&shown)?;
    done(
        &format!("{out}: {trained} {epochs} trained, {parameters} parameters"),
        [("out", out.to_string().into()), ("trained", trained.into()), ("parameters", parameters.into())],
    )
}

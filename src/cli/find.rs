//! `zeronas find`: from pictures to a small trained network.

use super::confirm::HalvingArgs;
use super::limits::LimitArgs;
use super::logged::{LogArgs, Logged};
use super::process::stop_flag;
use super::progress::Bar;
use super::space::SpaceArgs;
use super::terminal::print;
use super::train::{ImageArgs, RunArgs};
use super::words::recipes;
use std::num::NonZeroUsize;
use zeronas::Result;
use zeronas::find::FindRequest;
use zeronas::report::chosen::AskedAggregate;
use zeronas::space::SpaceChoice;
use zeronas::train::{RecipeChoice, RecipeName, TrainImages, Wall};

/// Find a small network for your own pictures within limits, train it and export it
///
/// Draws architectures that keep to the limits, scores them without training, trains the best of them against each other on a part of
/// the training images, and trains the pick on all of these. The test images (a folder `test` beside `train`) have no say in any
/// choice; the accuracy on them is told at the end.
///
/// Writes into the folder of --out: found.txt and found.json (the whole story), scores.parquet, confirmed (the trainings by which the
/// pick was chosen), trained (the network, for `zeronas predict`), model.onnx and torch (its exports). Every step is one that a command
/// of its own does: score, confirm, train, export. A killed run continues with the same command and --resume.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("space", |arg| arg.help("Search space, or a file of your own, ending in .toml, .json or .yaml [default: mobile]")),
    mut_arg("rungs", |arg| arg.default_value("3,9,27")),
    after_help = "\
Examples:
  zeronas find --images pictures --limit params=200k --limit flops=30M --out best
  zeronas find --images pictures --space mine.toml --limit peak_memory=256KiB --sample 2000 --top 16 --out best
  zeronas find --images pictures --limit latency_ms@operators.csv=5 --budget wall=30m --out best"
)]
pub struct FindArgs {
    #[command(flatten)]
    images: ImageArgs,

    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    limits: LimitArgs,

    /// Architectures to draw and score
    #[arg(long, value_name = "N", default_value = "500")]
    sample: NonZeroUsize,

    /// What they are ranked by, an aggregate of proxies
    #[arg(long, value_name = "AGGREGATE", default_value = "default")]
    aggregate: AskedAggregate,

    #[command(flatten)]
    halving: HalvingArgs,

    /// The recipe of all trainings
    #[arg(long, value_name = "RECIPE", value_parser = recipes(), default_value = "small")]
    recipe: RecipeName,

    /// Images per training step [default: the recipe's]
    #[arg(long, value_name = "N")]
    train_batch_size: Option<usize>,

    /// Learning rate at the start of every training [default: the recipe's]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    learning_rate: Option<f64>,

    /// Epochs of the pick's own training
    #[arg(long, value_name = "E", default_value_t = 60)]
    epochs: usize,

    /// About how long everything is to take, such as wall=30m: --rungs are stretched, up to four times, or shortened, and the pick is trained
    /// for as many epochs as are left time for, up to 500
    #[arg(long, value_name = "wall=TIME", conflicts_with = "epochs")]
    budget: Option<Wall>,

    /// Images in the minibatch that networks are scored on [default: 64]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// Decides the draw, initial weights, and the order of the images
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    log: LogArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// Finds, and tells the story.
pub fn run(args: FindArgs) -> Result<()> {
    let RunArgs { device, threads, out, resume } = args.run;
    let recipe = RecipeChoice {
        batch_size: args.train_batch_size,
        learning_rate: args.learning_rate,
        seed: args.seed,
        ..args.recipe.into()
    };
    let images = TrainImages::from(args.images);
    let defaults = FindRequest::new(&images.images, &out);
    let mut space = SpaceChoice::from(args.space);
    space.name = space.name.or(defaults.space.name);
    let request = FindRequest {
        images,
        space,
        limits: args.limits.limits,
        sample: args.sample,
        aggregate: args.aggregate,
        top: args.halving.top,
        rungs: args.halving.rungs,
        factor: args.halving.factor,
        seeds: args.halving.seeds,
        recipe,
        epochs: args.epochs,
        wall: args.budget,
        batch_size: args.batch_size,
        device,
        threads,
        out,
        resume,
    };
    let bar = Logged::new(Bar::of_parts("steps"), &args.log, &request.out);
    let found = request.run(&stop_flag(), &bar)?;
    bar.finish()?;
    print(&found.text())
}

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
/// Draws architectures within the limits, scores them without training, trains some of them against each other on a part of the training
/// images, and trains the pick on all training images. The test images (a folder `test` beside `train`) play no part in any choice; the
/// accuracy on them is reported at the end.
///
/// Writes into the folder of --out: report.html, found.txt and found.json (the summary), scores.parquet, confirmed (the trainings by which the
/// pick was chosen), trained (the network, for `zeronas predict`), model.onnx and torch (its exports). Each step is also a command of
/// its own: score, confirm, train, export. A killed run continues with the same command and --resume.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("space", |arg| arg.help("Search space, or a .toml, .json or .yaml file that describes your own [default: mobile]")),
    mut_arg("rungs", |arg| arg.default_value("2,6,18")),
    mut_arg("judge", |arg| arg.default_value("accuracy-and-speed")),
    mut_arg("by_chance", |arg| arg.help(
        "How many of them to draw at random; the others are the best by rank [default: all of them if there are fewer than 10,000 training \
         images and --aggregate is the default, or else half of them]"
    )),
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

    /// Aggregate of proxies to rank them by
    #[arg(long, value_name = "AGGREGATE", default_value = "default")]
    aggregate: AskedAggregate,

    #[command(flatten)]
    halving: HalvingArgs,

    /// Recipe for all trainings
    #[arg(long, value_name = "RECIPE", value_parser = recipes(), default_value = "small")]
    recipe: RecipeName,

    /// Images per training step [default: the recipe's]
    #[arg(long, value_name = "N")]
    train_batch_size: Option<usize>,

    /// Learning rate at the start of every training [default: the recipe's]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    learning_rate: Option<f64>,

    /// Epochs to train the pick for
    #[arg(long, value_name = "E", default_value_t = 200)]
    epochs: usize,

    /// Approximate time for everything, such as wall=30m: --rungs are stretched, up to four times, or shortened, and the pick is trained
    /// for as many epochs as the remaining time allows, up to 500
    #[arg(long, value_name = "wall=TIME", conflicts_with = "epochs")]
    budget: Option<Wall>,

    /// Images in the minibatch that networks are scored on [default: 64]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,

    /// Seed of the draw, the initial weights and the image order
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
        by_chance: args.halving.by_chance,
        rungs: args.halving.rungs,
        factor: args.halving.factor,
        seeds: args.halving.seeds,
        judge: args.halving.judge,
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

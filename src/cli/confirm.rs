//! `zeronas confirm`: trains the architectures with the best scores.

use super::limits::LimitArgs;
use super::logged::{LogArgs, Logged};
use super::process::stop_flag;
use super::progress::Bar;
use super::reading::ReadArgs;
use super::space::SpaceArgs;
use super::terminal::print;
use super::train::{ImageArgs, RecipeArgs, RunArgs};
use super::words::words;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::report::chosen::AskedAggregate;
use zeronas::train::{ConfirmRequest, Judge, Wall};

/// Train the best architectures of score files against each other, and pick one
///
/// Takes the best architectures by the mean of their ranks over all proxies in the files, or by --aggregate, each network once, and
/// trains them by successive halving: all of them up to the first of --rungs, the better half (one in --factor, by accuracy on held-out
/// images, or as --judge says) up to the second, and so on. If neither --valid-split nor the recipe holds images out, a tenth of the
/// training images is held out. The recipe's schedule spans the last rung, so the pick goes through the whole recipe. A training that
/// diverges drops out, and the next best takes its place. With --seeds, those at the last rung are trained again from the beginning with
/// each further seed.
///
/// Writes confirmed.csv and confirmed.parquet (a row per architecture: its scores, the results of its training and, if a table is
/// given, the benchmark's value) and report.html into the folder of --out. Each architecture's training has its own folder there, named
/// by its hash, in the form that `zeronas train` writes, with those of further seeds inside. A killed run continues with --resume, which
/// also reuses trainings made for other score files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas confirm scores.parquet --top 8 --rungs 1,3,12 --recipe nats-12 --images cifar-10-batches-bin --out confirmed
  zeronas confirm scores.parquet --top 4 --rungs 12 --recipe nats-12 --images cifar-10-batches-bin \\
      --benchmark table.parquet --target c10_test_12 --out confirmed --resume")]
pub struct ConfirmArgs {
    /// Score files from any tool, or folders of their parts, all of one search space; the networks that were scored are trained
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    limits: LimitArgs,

    /// Rank by this aggregate of the proxies, such as `default`, instead of the mean of their ranks
    #[arg(long, value_name = "AGGREGATE")]
    aggregate: Option<AskedAggregate>,

    #[command(flatten)]
    halving: HalvingArgs,

    /// Approximate time for all trainings together, such as wall=30m: --rungs are stretched, up to four times, or shortened, and fewer
    /// architectures are trained if even one epoch of each takes longer
    #[arg(long, value_name = "wall=TIME")]
    budget: Option<Wall>,

    #[command(flatten)]
    images: ImageArgs,

    #[command(flatten)]
    recipe: RecipeArgs,

    /// Benchmark table to compare with
    #[arg(long, value_name = "TABLE", requires = "target")]
    benchmark: Option<PathBuf>,

    /// Numeric column of the benchmark table
    #[arg(long, value_name = "COLUMN", requires = "benchmark")]
    target: Option<String>,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    log: LogArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// Which architectures are trained, and for how long.
#[derive(Debug, clap::Args)]
pub(super) struct HalvingArgs {
    /// Architectures to train against each other
    #[arg(long, value_name = "K", default_value_t = 8)]
    pub top: usize,

    /// How many of them to draw at random; the others are the best by rank
    #[arg(long, value_name = "N")]
    pub by_chance: Option<usize>,

    /// Epochs after which architectures drop out, ascending; the last is the length of the longest of these trainings
    #[arg(long, value_name = "EPOCHS", value_delimiter = ',', default_value = "1,3,12")]
    pub rungs: Vec<usize>,

    /// Of the architectures that reach a rung, one in N continues
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub factor: usize,

    /// Trainings of each architecture that reaches the last rung, with seeds counted up from --seed; it is judged by their means
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seeds: usize,

    /// What those that reach a rung are judged by
    #[arg(long, value_parser = words::<Judge>(), default_value = "accuracy")]
    pub judge: Judge,
}

/// Trains and prints the pick.
pub fn run(args: ConfirmArgs) -> Result<()> {
    let request = ConfirmRequest {
        scores: args.scores,
        space: args.space.into(),
        limits: args.limits.limits,
        aggregate: args.aggregate,
        top: args.halving.top,
        by_chance: args.halving.by_chance.unwrap_or(0),
        rungs: args.halving.rungs,
        factor: args.halving.factor,
        seeds: args.halving.seeds,
        judge: args.halving.judge,
        wall: args.budget,
        images: args.images.into(),
        recipe: args.recipe.into(),
        benchmark: args.benchmark.zip(args.target),
        read: args.read.into(),
        place: args.run.into(),
    };
    let bar = Logged::new(Bar::of_parts("steps"), &args.log, &request.place.out);
    let confirmed = request.run(&stop_flag(), &bar)?;
    bar.finish()?;
    print(&confirmed.text())
}

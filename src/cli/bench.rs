//! `zeronas bench`: the benchmark that comes with the program.

use super::process::stop_flag;
use super::progress::Bar;
use super::terminal::{done, raw, say};
use std::path::PathBuf;
use std::time::Instant;
use zeronas::Result;
use zeronas::bench::{BuildRequest, Settings};
use zeronas_datasets::table::mini;

/// The benchmark that comes with the program, zeronas-mini
///
/// `zeronas-mini` can be given wherever a benchmark table is asked for.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, clap::Subcommand)]
enum BenchCommand {
    Build(BuildArgs),
    /// Print the manifest of zeronas-mini as JSON: how it was made
    Show,
}

/// Train every architecture of zeronas-mini again
///
/// With the default settings, this makes the built-in table again, digit for digit on the same kind of processor: cells of
/// NATS-Bench's topology space in networks with 8 channels and one cell per stage, no two of them the same network, trained
/// on CIFAR-10's training images and tested on its test images.
///
/// Writes zeronas_mini.csv, zeronas_mini.parquet and manifest.json into the folder of --out. Each training is saved to trainings.jsonl
/// there as soon as it is done: a killed build continues with the same command and --resume.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas bench build --images cifar-10-batches-bin --out mini --resume
  zeronas bench build --images cifar-10-batches-bin --archs 20 --epochs 1 --out trial")]
struct BuildArgs {
    /// CIFAR-10, as for the built-in table, or other images that `zeronas train` takes, with test images; they set the classes and
    /// resolution of the networks
    #[arg(long, value_name = "IMAGES")]
    images: String,

    /// Leave out damaged pictures in --images and say how many, instead of refusing the folder
    #[arg(long)]
    skip_damaged: bool,

    /// Number of architectures
    #[arg(long, value_name = "N", default_value_t = Settings::default().archs)]
    archs: usize,

    /// Trainings of each of the first --repeated architectures; the others are trained once
    #[arg(long, value_name = "R", default_value_t = Settings::default().seeds)]
    seeds: u64,

    /// Number of architectures that are trained with every seed
    #[arg(long, value_name = "N", default_value_t = Settings::default().repeated)]
    repeated: usize,

    /// Number of training images, from the start of the set
    #[arg(long, value_name = "N", default_value_t = Settings::default().train_images)]
    train_images: usize,

    /// Number of epochs
    #[arg(long, value_name = "E", default_value_t = Settings::default().recipe.epochs)]
    epochs: usize,

    /// Trainings at a time; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Folder for the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Continue what an earlier run left in --out
    #[arg(long)]
    resume: bool,
}

/// Runs the subcommand.
pub fn run(args: BenchArgs) -> Result<()> {
    match args.command {
        BenchCommand::Build(args) => build(args),
        BenchCommand::Show => raw(mini::MANIFEST),
    }
}

fn build(args: BuildArgs) -> Result<()> {
    let mut settings = Settings::default();
    (settings.archs, settings.seeds, settings.repeated) = (args.archs, args.seeds, args.repeated);
    (settings.train_images, settings.recipe.epochs) = (args.train_images, args.epochs);
    let request = BuildRequest {
        settings,
        images: args.images,
        skip_damaged: args.skip_damaged,
        threads: args.threads,
        out: args.out,
        resume: args.resume,
    };
    let started = Instant::now();
    let bar = Bar::of("trainings");
    let summary = request.run(&stop_flag(), &bar)?;
    drop(bar);
    let seconds = started.elapsed().as_secs_f64();
    let out = request.out.display();
    let zeronas::bench::Summary { archs, trainings, trained, diverged } = summary;
    if diverged > 0 {
        say(&format!("{out}: {diverged} trainings diverged; their architectures have no accuracy"));
    }
    done(
        &format!("{out}: {archs} architectures, {trainings} trainings, {trained} of them now, in {seconds:.1} s"),
        [
            ("out", out.to_string().into()),
            ("architectures", archs.into()),
            ("trainings", trainings.into()),
            ("trained", trained.into()),
            ("diverged", diverged.into()),
            ("seconds", seconds.into()),
        ],
    )
}

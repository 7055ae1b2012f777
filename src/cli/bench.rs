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
    /// Say how zeronas-mini was made, as JSON: its manifest
    Show,
}

/// Train every architecture of zeronas-mini again
///
/// Without flags that change it, this makes the table that is in the program, on the same kind of processor digit for digit:
/// cells of NATS-Bench's topology space on networks of 8 channels and one cell per stage, no two of them the same network, trained on a part of CIFAR-10 and
/// tested on its test images.
///
/// Writes zeronas_mini.csv, zeronas_mini.parquet and manifest.json into the folder of --out, and before that each training into
/// trainings.jsonl there, as soon as it is done: a killed build continues with the same command and --resume.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas bench build --images cifar-10-batches-bin --out mini --resume
  zeronas bench build --images cifar-10-batches-bin --archs 20 --epochs 1 --out trial")]
struct BuildArgs {
    /// CIFAR-10, for the table that is in the program, or other images as of `zeronas train`, with test images; classes and
    /// resolution of the networks are theirs
    #[arg(long, value_name = "IMAGES")]
    images: String,

    /// Leave damaged pictures of --images out and say how many, instead of refusing the folder
    #[arg(long)]
    skip_damaged: bool,

    /// Architectures
    #[arg(long, value_name = "N", default_value_t = Settings::default().archs)]
    archs: usize,

    /// Trainings of the first --repeated architectures; the others are trained once
    #[arg(long, value_name = "R", default_value_t = Settings::default().seeds)]
    seeds: u64,

    /// Architectures that are trained under every seed
    #[arg(long, value_name = "N", default_value_t = Settings::default().repeated)]
    repeated: usize,

    /// Training images, the first of the set
    #[arg(long, value_name = "N", default_value_t = Settings::default().train_images)]
    train_images: usize,

    /// Epochs
    #[arg(long, value_name = "E", default_value_t = Settings::default().recipe.epochs)]
    epochs: usize,

    /// Trainings at a time; they change no result [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Folder of the results
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

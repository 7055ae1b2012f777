//! `zeronas latency`: tables of operators, from which the latency of networks on any device is predicted.

use super::archs::ArchsArgs;
use super::process::stop_flag;
use super::progress::Bar;
use super::space::SpaceArgs;
use super::terminal::{done, print};
use std::path::PathBuf;
use zeronas::latency::{CheckRequest, MeasureRequest, Stopwatch, TemplateRequest};
use zeronas::{Error, Result};

/// Predict how long networks take on a device from a table of its operators
///
/// `template` writes the operators that the networks of a space are made of, `measure` fills in how long each takes on this machine, and
/// `check` compares predictions with whole networks. For another device, fill in the column `ms` with a tool for that device. All times
/// are for one image, with batch norms folded.
///
/// `--limit latency_ms@operators.csv=5` then restricts samples, searches and trainings to networks predicted to take at most 5 ms, and
/// `--limit latency_ms=5` to those measured to do so on this machine.
#[derive(Debug, clap::Args)]
pub struct LatencyArgs {
    #[command(subcommand)]
    command: LatencyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum LatencyCommand {
    Template(TemplateArgs),
    Measure(MeasureArgs),
    Check(CheckArgs),
}

/// Write the operators of a space, with an empty column `ms`
///
/// If no architectures are given, covers the whole space; in spaces with more than 32,768 architectures, draws them until they bring
/// nothing new. An existing table is extended, and keeps what is filled in. Columns: kind and settings of the operator (`then` is the
/// activation after it), the shapes of its inputs and of its output (channels x height x width), and ms; no other column is kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas latency template --space mobile --resolution 48 --out operators.csv
  zeronas latency template --network mine.json --out operators.csv")]
struct TemplateArgs {
    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    archs: ArchsArgs,

    /// The operator table, a CSV file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Measure on this machine the operators that have no `ms` yet
///
/// Fills in the table; an interrupted measurement continues with the same command. Run nothing else meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas latency measure operators.csv")]
struct MeasureArgs {
    /// The table
    #[arg(value_name = "TABLE")]
    table: PathBuf,

    #[command(flatten)]
    stopwatch: StopwatchArgs,
}

/// Compare what a table predicts with what whole networks take on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas latency check operators.csv --space mobile --resolution 48 --sample 30 --sampler benchmark")]
struct CheckArgs {
    /// The table
    #[arg(value_name = "TABLE")]
    table: PathBuf,

    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    archs: ArchsArgs,

    #[command(flatten)]
    stopwatch: StopwatchArgs,

    /// Folder for the latencies of all networks as CSV and Parquet
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// How latencies are measured.
#[derive(Debug, clap::Args)]
struct StopwatchArgs {
    /// Threads for each inference
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,

    /// Number of inferences to take the median of
    #[arg(long, value_name = "N", default_value_t = Stopwatch::REPEATS)]
    repeats: usize,
}

/// Does what is asked for and says what came of it.
///
/// # Errors
/// Names the file, row or flag at fault.
pub fn run(args: LatencyArgs) -> Result<()> {
    match args.command {
        LatencyCommand::Template(args) => template(args),
        LatencyCommand::Measure(args) => measure(args),
        LatencyCommand::Check(args) => check(args),
    }
}

fn template(args: TemplateArgs) -> Result<()> {
    let request = TemplateRequest { space: args.space.into(), archs: args.archs.given(), out: args.out };
    let bar = Bar::of("architectures");
    let template = request.run(&stop_flag(), &bar)?;
    drop(bar);
    let out = request.out.display().to_string();
    let numbers = [("operators", template.table.rows().len()), ("added", template.added), ("archs", template.archs)];
    let numbers = numbers.map(|(name, count)| (name, count.into()));
    done(&format!("{out}: {}", template.sentence()), [("out", out.clone().into())].into_iter().chain(numbers))
}

fn measure(args: MeasureArgs) -> Result<()> {
    let MeasureArgs { table, stopwatch: StopwatchArgs { threads, repeats } } = args;
    let bar = Bar::of("operators");
    let measured = MeasureRequest { table: table.clone(), threads, repeats }.run(&stop_flag(), &bar)?;
    drop(bar);
    let out = table.display().to_string();
    let sentence = format!("{out}: {} operators, {} of them measured now", measured.operators, measured.measured);
    let numbers = [("operators", measured.operators.into()), ("measured", measured.measured.into())];
    done(&sentence, [("out", out.into())].into_iter().chain(numbers))
}

fn check(args: CheckArgs) -> Result<()> {
    let StopwatchArgs { threads, repeats } = args.stopwatch;
    let unknown = "one of `arch=`, `archs=`, `sample=`, `all=` and `network=` says which architectures";
    let archs = args.archs.given().ok_or_else(|| Error::setting("archs", unknown))?;
    let space = args.space.into();
    let request = CheckRequest { table: args.table, space, archs, threads, repeats, out: args.out };
    let bar = Bar::of("networks");
    let checked = request.run(&stop_flag(), &bar)?;
    drop(bar);
    print(&checked.text())
}

//! `zeronas query`: what a benchmark knows about one architecture, as its own Python package would answer.

use super::reading::ArchColumnArg;
use super::terminal::{is_json, print, raw};
use std::path::PathBuf;
use zeronas::space::query::{QueryRequest, json, text};
use zeronas::{Result, space};
use zeronas_datasets::table::official::Wanted;
use zeronas_datasets::table::official::api::Pick;

/// Ask a benchmark about one architecture
///
/// Answers as the benchmarks' own packages do, from their official files or from a table that `zeronas import` made from
/// them: NATS-Bench's get_more_info (losses, accuracies in percent, seconds per epoch and in total) and get_cost_info (FLOPs and
/// parameters in millions, latency in seconds), NAS-Bench-101's query (accuracies as fractions, training time in seconds).
/// For any other table, shows all numbers of the row.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas query --index 284 --dataset cifar100 --epochs 200 NATS-tss-v1_0-3ffb9-simple
  zeronas query --arch 8:8:40:32:40 --seed 777 --json table.parquet
  zeronas query --hash 00005c142e6f48ac74fdcf73e3439874 nasbench_only108.tfrecord")]
pub struct QueryArgs {
    /// Official files (see `zeronas import`), or a table: Parquet or CSV
    #[arg(value_name = "TABLE-OR-OFFICIAL-FILES")]
    source: PathBuf,

    #[arg(long, value_name = "SPACE", help = format!("Accept only files of this search space: {}", space::names()))]
    space: Option<String>,

    #[command(flatten)]
    which: Which,

    /// Data set: cifar10-valid (trained on half of the training images), cifar10, cifar100, ImageNet16-120
    #[arg(long, value_name = "D", default_value = "cifar10")]
    dataset: String,

    /// Training schedule, by its number of epochs [default: the longest there is]
    #[arg(long, value_name = "E")]
    epochs: Option<u32>,

    /// Which of the repeated trainings: `mean`, a seed (NAS-Bench-101: 0 to 2), or `random`
    #[arg(long, value_name = "SEED", default_value = "mean", value_parser = parse_seed)]
    seed: Seed,

    /// With --seed random: seed of the draw
    #[arg(long, value_name = "K", default_value_t = 0)]
    draw: u64,

    /// NATS-Bench's official files: results after this epoch, counted from 0, instead of the last
    #[arg(long, value_name = "I")]
    at_epoch: Option<u32>,

    /// NAS-Bench-101: results halfway through the training instead of at its end
    #[arg(long)]
    halfway: bool,

    #[command(flatten)]
    column: ArchColumnArg,
}

/// The architecture; exactly one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Architecture, as its benchmark writes it; a NAS-Bench-101 cell as BITS;op,op (matrix row by row, inner operations)
    #[arg(long, value_name = "ARCH")]
    arch: Option<String>,

    /// Position in the benchmark's order, from 0
    #[arg(long, value_name = "I")]
    index: Option<u64>,

    /// NAS-Bench-101's module hash
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Seed {
    Mean,
    Random,
    Of(u32),
}

fn parse_seed(text: &str) -> std::result::Result<Seed, String> {
    match text {
        "mean" => Ok(Seed::Mean),
        "random" => Ok(Seed::Random),
        number => number.parse().map(Seed::Of).map_err(|_| "expected `mean`, `random` or a number".to_owned()),
    }
}

/// Prints the answer.
///
/// # Errors
/// Names the file, record or flag at fault.
pub fn run(args: QueryArgs) -> Result<()> {
    let request = QueryRequest {
        source: args.source,
        space: args.space,
        wanted: args.which.wanted(),
        dataset: args.dataset,
        epochs: args.epochs,
        pick: match args.seed {
            Seed::Mean => Pick::Mean,
            Seed::Of(seed) => Pick::Seed(seed),
            Seed::Random => Pick::Random(args.draw),
        },
        at_epoch: args.at_epoch,
        halfway: args.halfway,
        arch_column: args.column.arch_column,
    };
    let reply = request.run()?;
    if is_json() { raw(&json(reply)) } else { print(&text(reply)) }
}

impl Which {
    fn wanted(&self) -> Wanted {
        match self {
            Which { arch: Some(text), .. } => Wanted::Architecture(text.clone()),
            Which { hash: Some(hash), .. } => Wanted::Hash(hash.clone()),
            Which { index, .. } => Wanted::Index(index.unwrap_or_default()),
        }
    }
}

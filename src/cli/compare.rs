//! `zeronas compare`: two runs against each other.

use std::path::PathBuf;

use super::progress::Notes;
use super::reading::ReadArgs;
use super::terminal::print;
use super::words::words;
use zeronas::Result;
use zeronas::report::compare::CompareRequest;
use zeronas::report::join::BadPolicy;

/// Compare two runs: different seeds, batches or protocols, or another tool's scores
///
/// For each proxy that both files have, shows the rank agreement with its 95 % interval, the architectures that move most, and how many
/// have a score in only one file. Also lists the settings in which the manifests differ.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas compare seed0.parquet seed1.parquet
  zeronas compare ours.parquet theirs.csv --match naswot=nwot --out comparison")]
pub struct CompareArgs {
    /// Score file of the first run, or another tool's table
    a: PathBuf,

    /// Score file of the second run
    b: PathBuf,

    /// Compare a proxy of the first run with one of another name in the second
    #[arg(long = "match", value_name = "A=B", value_delimiter = ',', value_parser = two_names)]
    matches: Vec<(String, String)>,

    /// Benchmark table, needed if a score table identifies architectures only by the benchmark's `index`
    #[arg(long, value_name = "TABLE")]
    benchmark: Option<PathBuf>,

    #[command(flatten)]
    read: ReadArgs,

    /// How to treat architectures without a score
    #[arg(long, value_parser = words::<BadPolicy>(), default_value = "worst")]
    bad: BadPolicy,

    /// Bootstrap draws for the intervals; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1000)]
    bootstrap: usize,

    /// Seed of the bootstrap draws
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// For each proxy, print this many of the architectures that move most
    #[arg(long, value_name = "N", default_value_t = 5)]
    rows: usize,

    /// Folder for a page and the tables agreement, rows, only (architectures in one run) and settings, as CSV and Parquet
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn two_names(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok((a.into(), b.into())),
        _ => Err("must read A=B, a proxy of the first file and one of the second".into()),
    }
}

/// Compares and prints.
///
/// # Errors
/// Names the file, row or flag at fault, and says so where the files have nothing in common.
pub fn run(args: CompareArgs) -> Result<()> {
    let request = CompareRequest {
        a: args.a,
        b: args.b,
        matches: args.matches,
        benchmark: args.benchmark,
        read: args.read.into(),
        bad: args.bad,
        bootstrap: args.bootstrap,
        seed: args.seed,
        rows: args.rows,
        out: args.out,
    };
    print(&request.run(&Notes)?.text.and("\n"))
}

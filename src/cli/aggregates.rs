//! `zeronas aggregates`: which proxies rank best together, and which to trust on a space without accuracies.

use super::progress::Notes;
use super::reading::ReadArgs;
use super::terminal::print;
use super::words::words;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::report::aggregate::Rule;
use zeronas::report::aggregates::AggregatesRequest;
use zeronas::report::join::BadPolicy;

/// Find the aggregate that ranks best, and for each space the one that the other spaces recommend
///
/// Takes score files of several search spaces, each with its benchmark and target. Judges each proxy, and every set of two to --most
/// of them under every rule, by Kendall's tau-b on each space. For each space it then names the candidate with the highest mean tau
/// on the other spaces, and its tau on the space itself: an aggregate chosen in this way has seen no label of the space it is used
/// on. Among candidates within .001 of the highest mean, the one with the fewest proxies wins, then the cheapest.
/// `--aggregate default` of a report was chosen like this, with --most 2.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas aggregates one.parquet other.parquet third.parquet --benchmark one-table.parquet other-table.parquet third-table.parquet \\
      --target c10_test_200 c10_test_90 test_acc_108_mean3 --out aggregates")]
pub struct AggregatesArgs {
    /// Score files, one per search space
    #[arg(required = true, value_name = "SCORES")]
    scores: Vec<PathBuf>,

    /// Benchmark tables, one per score file, in the same order
    #[arg(long = "benchmark", value_name = "TABLE", num_args = 1.., required = true)]
    benchmarks: Vec<PathBuf>,

    /// Benchmark columns in which higher is better, one per score file, in the same order; for several columns, separated by commas, the
    /// mean tau counts
    #[arg(long = "target", value_name = "COLUMN", num_args = 1.., required = true)]
    targets: Vec<String>,

    /// Proxies to combine [default: those that all files have]
    #[arg(long, value_name = "PROXIES", value_delimiter = ',')]
    proxies: Option<Vec<String>>,

    /// Rules to try: logrank, meanrank, meanz
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = rule, default_value = "logrank,meanrank,meanz")]
    rules: Vec<Rule>,

    /// Largest number of proxies in one aggregate
    #[arg(long, value_name = "N", default_value = "2")]
    most: NonZeroUsize,

    /// How to treat architectures without a score
    #[arg(long, value_parser = words::<BadPolicy>(), default_value = "worst")]
    bad: BadPolicy,

    #[command(flatten)]
    read: ReadArgs,

    /// Print this many of the best
    #[arg(long, value_name = "N", default_value_t = 10)]
    rows: usize,

    /// Folder for aggregates (a row per candidate) and choices (a row per space) as CSV and Parquet, and a page
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn rule(text: &str) -> std::result::Result<Rule, String> {
    let found = Rule::ALL.into_iter().find(|rule| rule.name() == text);
    found.ok_or_else(|| format!("the rules are {}", Rule::ALL.map(Rule::name).join(", ")))
}

/// Judges and prints.
///
/// # Errors
/// Names the file or flag at fault.
pub fn run(args: AggregatesArgs) -> Result<()> {
    let request = AggregatesRequest {
        scores: args.scores,
        benchmarks: args.benchmarks,
        targets: args.targets,
        proxies: args.proxies,
        rules: args.rules,
        most: args.most,
        bad: args.bad,
        read: args.read.into(),
        rows: args.rows,
        out: args.out,
    };
    print(&request.run(&Notes)?.text)
}

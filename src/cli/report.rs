//! `zeronas report`: correlations of scores with a benchmark, printed and written with their uncertainty.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::progress::Notes;
use super::reading::ReadArgs;
use super::terminal::print;
use super::words::words;
use zeronas::Result;
use zeronas::job::Preset;
use zeronas::report::ReportRequest;
use zeronas::report::chosen::AskedAggregate;
use zeronas::report::join::BadPolicy;
use zeronas::report::subset::Subset;

/// Correlate scores with a benchmark, each number with its uncertainty
///
/// Joins score files with a benchmark table by architecture and gives, for each target and proxy, Spearman's rho,
/// Kendall's tau-b and Pearson's r, Spearman's rho given the number of parameters, and for each k nDCG, precision, the best
/// architecture among the top k and its regret, all with 95 % bootstrap intervals; the correlations within each tenth of the
/// architectures by target; and for each pair of proxies which is better. Correlations are signed. Scores are averaged over seeds
/// before ranking; for a proxy with a column ln_score (synflow), the logarithms are averaged and used for Pearson's r.
///
/// Score files come from `zeronas score` or another tool: a table with a row per architecture (`arch`, `net`, ..., or the
/// benchmark's `index`) and a column per proxy, or a row per architecture and proxy. docs/tables.md says what is read.
///
/// Writes into the folder of --out: report.html (one file, for any browser), figures/*.svg, the tables behind them as CSV and
/// Parquet, each wide and long (NAME_long), the summary also as Markdown and LaTeX, and manifest.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas report scores.parquet --benchmark table.parquet --target c10_test_200 --out report
  zeronas report shard-*.parquet --benchmark table.parquet --target c10_test_200,c100_test_200 \\
      --bad drop --top 1,5,10,50 --out report
  zeronas report ours.parquet theirs.csv --benchmark table.parquet --target c10_test_200 --given c10_params \\
      --subset no-dead-edges --aggregate 'both=logrank(naswot,synflow)' --out report")]
pub struct ReportArgs {
    /// Score files from any tool, or folders of their parts, all of one search space; parts and different seeds are combined
    #[arg(required = true)]
    scores: Vec<PathBuf>,

    /// Benchmark table: Parquet, CSV or JSON lines with numeric columns and one that names architectures, or `zeronas-mini`, the one
    /// that comes with the program
    #[arg(long, value_name = "TABLE")]
    benchmark: PathBuf,

    /// Numeric benchmark columns to compare with, where higher is better; may be left out if there is only one
    #[arg(long = "target", value_name = "COLUMN", value_delimiter = ',')]
    targets: Vec<String>,

    /// Folder for the results; created if missing, and an earlier report in it is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Which architectures: all, valid (no bad status), no-dead-edges, unique (one per network), or a condition on a
    /// benchmark column or proxy, such as params>100000; if several are given, all must hold. `all` with others, such as
    /// all,no-dead-edges, gives a report on all architectures and, in a subfolder, one on those that the others keep
    /// [default: all]
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    subset: Option<Vec<Subset>>,

    /// Add a column made of several proxies: NAME=logrank(proxy,proxy) sums ln(rank/m), meanrank(...) averages ranks, meanz(...)
    /// averages z-scores; none uses a target. Without NAME=, it is named by its expression. `default` is the aggregate that other search
    /// spaces recommend, see `zeronas aggregates`; a calibrated.json is what `zeronas calibrate` recommends; `vkdnw_single`, `vkdnw_agg`
    /// and `swap_regularised` are published ones
    #[arg(long = "aggregate", value_name = "[NAME=]RULE(PROXIES)|NAME|FILE|default")]
    aggregates: Vec<AskedAggregate>,

    /// The proxy or benchmark column that partial correlations control for [default: `params`, if there is one]
    #[arg(long, value_name = "NAME")]
    given: Option<String>,

    #[command(flatten)]
    read: ReadArgs,

    /// Search space of score files that do not name theirs, for --subset no-dead-edges
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,

    /// How to treat architectures without a score (disconnected, singular, ...) [default: worst]
    #[arg(long, value_parser = words::<BadPolicy>())]
    bad: Option<BadPolicy>,

    /// Use a published comparison's --subset and --bad unless they are given
    #[arg(long, value_parser = words::<Preset>())]
    protocol: Option<Preset>,

    /// Bootstrap draws for the intervals; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1000)]
    bootstrap: usize,

    /// Seed of the bootstrap draws
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Judge the K best scores (best target, regret, precision, nDCG) for each K; ties at the K-th place count by expectation
    #[arg(long, value_name = "K", value_delimiter = ',', default_value = "1,10,100,1000")]
    top: Vec<NonZeroUsize>,
}

/// Makes the report and prints its summary.
///
/// # Errors
/// Names the file, row, column or target at fault.
pub fn run(args: ReportArgs) -> Result<()> {
    let request = ReportRequest {
        scores: args.scores,
        benchmark: args.benchmark,
        targets: args.targets,
        out: args.out,
        subset: args.subset,
        aggregates: args.aggregates,
        given: args.given,
        read: args.read.into(),
        space: args.space,
        bad: args.bad,
        protocol: args.protocol,
        bootstrap: args.bootstrap,
        seed: args.seed,
        top: args.top,
    };
    print(&request.run(&Notes)?.text.and("\n"))
}

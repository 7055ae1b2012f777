//! `zeronas shortlist`: what training the few best architectures of each proxy would give.

use super::limits::LimitArgs;
use super::progress::Notes;
use super::reading::ReadArgs;
use super::space::SpaceArgs;
use super::terminal::print;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::report::chosen::AskedAggregate;
use zeronas::search::shortlist::ShortlistRequest;
use zeronas::search::source::Cost;

/// Show for each proxy what a short training of its K best would pick, for each K
///
/// Ranks the architectures of score files by each proxy and aggregate, without using any accuracy; takes the K best
/// networks, each once; adds up the simulated seconds of their short training in the tables; picks the best of them by
/// --feedback; and says what the pick is worth by --final. Equal scores are put in random order, --draws times; the output
/// has the mean and standard deviation over these draws. Next to the simulated seconds are the measured seconds of the
/// scoring, over all seeds of the scores.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas shortlist scores.parquet --table table.parquet --feedback c10_valid_12 \\
      --cost 'c10_train_time_per_epoch*6' --final c10_test_200 --aggregate 'both=meanrank(naswot,synflow)'")]
pub struct ShortlistArgs {
    /// Score files from `zeronas score` or another tool
    #[arg(required = true, value_name = "SCORES")]
    scores: Vec<PathBuf>,

    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    limits: LimitArgs,

    /// Benchmark tables (Parquet or CSV), joined by architecture, or by `index` if a table has nothing else
    #[arg(long = "table", value_name = "FILE", num_args = 1.., required = true)]
    tables: Vec<PathBuf>,

    /// The tables' column with the result of the short training; more is better
    #[arg(long, value_name = "COLUMN")]
    feedback: String,

    /// The tables' column with the simulated seconds of that training, or seconds per epoch times epochs
    #[arg(long, value_name = "COLUMN|COLUMN*EPOCHS")]
    cost: Option<Cost>,

    /// The tables' columns by which the picks are judged
    #[arg(long = "final", value_name = "COLUMN", num_args = 1.., value_delimiter = ',', required = true)]
    finals: Vec<String>,

    /// Add a column made of several proxies, as in a report: logrank(proxy,proxy), meanrank(...), meanz(...) or default
    #[arg(long = "aggregate", value_name = "[NAME=]RULE(PROXIES)|FILE|default")]
    aggregates: Vec<AskedAggregate>,

    #[command(flatten)]
    read: ReadArgs,

    /// Length of the longest shortlist
    #[arg(long, value_name = "K", default_value = "20")]
    most: NonZeroUsize,

    /// Number of random orders of equal scores
    #[arg(long, value_name = "N", default_value = "100")]
    draws: NonZeroUsize,

    /// Seed of these orders
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Folder for the table as CSV and Parquet, and a page
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Ranks, looks up and prints.
///
/// # Errors
/// Names the file or flag at fault.
pub fn run(args: ShortlistArgs) -> Result<()> {
    let request = ShortlistRequest {
        scores: args.scores,
        space: args.space.into(),
        limits: args.limits.limits,
        tables: args.tables,
        feedback: args.feedback,
        cost: args.cost,
        finals: args.finals,
        aggregates: args.aggregates,
        read: args.read.into(),
        most: args.most,
        draws: args.draws,
        seed: args.seed,
        out: args.out,
    };
    print(&request.run(&Notes)?.text.and("\n"))
}

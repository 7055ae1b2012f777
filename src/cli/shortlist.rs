//! `zeronas shortlist`: what training the few best of every proxy would come to.

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

/// Say for every proxy what a short training of its K best would pick, for each K
///
/// Ranks the architectures of score files by each proxy and aggregate, without using any accuracy; takes the K best
/// networks, each once; adds up what their short training takes in the tables' simulated seconds; picks the best of them by
/// --feedback; and says what the pick is worth by --final. Equal scores are put in order at random, --draws times; the tables
/// give mean and standard deviation over these draws. Next to the simulated seconds are the measured seconds of the scoring,
/// over all seeds of the scores.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  zeronas shortlist scores.parquet --table table.parquet --feedback c10_valid_12 \\
      --cost 'c10_train_time_per_epoch*6' --final c10_test_200 --aggregate 'both=meanrank(naswot,synflow)'")]
pub struct ShortlistArgs {
    /// Score files, of `zeronas score` or another tool
    #[arg(required = true, value_name = "SCORES")]
    scores: Vec<PathBuf>,

    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    limits: LimitArgs,

    /// Benchmark tables (Parquet or CSV), joined by architecture, or by `index` where a table has nothing else
    #[arg(long = "table", value_name = "FILE", num_args = 1.., required = true)]
    tables: Vec<PathBuf>,

    /// The tables' column that the short training gives; more is better
    #[arg(long, value_name = "COLUMN")]
    feedback: String,

    /// The tables' column of what that training takes in simulated seconds, or seconds per epoch times epochs
    #[arg(long, value_name = "COLUMN|COLUMN*EPOCHS")]
    cost: Option<Cost>,

    /// The tables' columns that say what the picks are worth
    #[arg(long = "final", value_name = "COLUMN", num_args = 1.., value_delimiter = ',', required = true)]
    finals: Vec<String>,

    /// Another column out of several proxies, as in a report: logrank(proxy,proxy), meanrank(...), meanz(...) or default
    #[arg(long = "aggregate", value_name = "[NAME=]RULE(PROXIES)|FILE|default")]
    aggregates: Vec<AskedAggregate>,

    #[command(flatten)]
    read: ReadArgs,

    /// The longest shortlist
    #[arg(long, value_name = "K", default_value = "20")]
    most: NonZeroUsize,

    /// Ways to put equal scores in order
    #[arg(long, value_name = "N", default_value = "100")]
    draws: NonZeroUsize,

    /// Seed of those
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Folder for the table as CSV and Parquet
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

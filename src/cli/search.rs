//! `zeronas search`: many runs of a strategy, with their history and results.

use super::evaluation::EvaluationArgs;
use super::limits::LimitArgs;
use super::logged::{LogArgs, Logged};
use super::process::stop_flag;
use super::progress::Bar;
use super::space::SpaceArgs;
use super::strategy::StrategyArgs;
use super::terminal::print;
use std::path::PathBuf;
use zeronas::Result;
use zeronas::search::{Limit, SearchRequest};

/// Search for architectures with a strategy, many times over
///
/// A strategy proposes architectures and is told what they are worth: by a benchmark table, whose training times add up on a
/// simulated clock, by proxies, or by a proxy first and a short training of the best few. Each run continues until a limit of
/// --budget is reached; limits are checked before each evaluation, as in NATS-Bench's programs, so the last one may
/// overshoot. The pick of a run is its best architecture by the feedback, and --final says what the pick is worth.
///
/// Writes history.parquet (a row per evaluation), runs, summary and picks as CSV and Parquet, the picks'
/// networks, and report.html into --out. A run depends
/// only on the seed and on the run's number. Evaluations are saved as they come; a killed search continues with the same command
/// and --resume, and ends with the same history.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zeronas search --strategy rea --evaluate table --table table.parquet --feedback c10_valid_12 \\
      --cost 'c10_train_time_per_epoch*6' --final c10_test_200 --budget seconds=12000 --runs 500 --out rea
  zeronas search --strategy every --evaluate staged:synflow,5 --scores all.parquet --table table.parquet \\
      --feedback c10_valid_12 --cost 'c10_train_time_per_epoch*6' --final c10_test_200 --runs 1 --out staged
  zeronas search --strategy genetic --evaluate 'proxy:logrank(naswot,synflow)' --budget evaluations=200 \\
      --budget patience=50 --runs 1 --out found
  zeronas search --strategy nsga2 --evaluate table --table table.parquet --feedback c10_valid_12 \\
      --minimise c10_flops --budget evaluations=300 --runs 20 --out front")]
pub struct SearchArgs {
    #[command(flatten)]
    space: SpaceArgs,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    strategy: StrategyArgs,

    #[command(flatten)]
    evaluation: EvaluationArgs,

    /// What ends a run, whichever comes first: evaluations=N, seconds=S (simulated), wall=S (or 30m, 2h), target=A (of the feedback), or
    /// patience=N evaluations without a better one; may be given several times. With staged, evaluations, wall and patience
    /// end the search that precedes the training, and seconds and target end the training
    #[arg(long = "budget", value_name = "LIMIT", num_args = 1.., value_delimiter = ',')]
    budget: Vec<Limit>,

    /// Independent runs [default: 500, or 1 if networks are scored or trained for real, and for the strategy `every`]
    #[arg(long, value_name = "N")]
    runs: Option<u64>,

    /// Seed of all runs
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Threads, or networks at a time on a GPU [default: all cores, or at least 32 networks]
    #[arg(long, value_name = "N", help_heading = "Run and results")]
    threads: Option<usize>,

    #[command(flatten)]
    log: LogArgs,

    /// Folder for the results
    #[arg(long, value_name = "DIR", help_heading = "Run and results")]
    out: PathBuf,

    /// Continue what an earlier search left at --out
    #[arg(long, help_heading = "Run and results")]
    resume: bool,
}

/// Searches, writes and tells what came of it.
///
/// # Errors
/// Names the file or flag at fault.
pub fn run(args: SearchArgs) -> Result<()> {
    let evaluation = args.evaluation;
    let request = SearchRequest {
        space: args.space.into(),
        limits: args.limits.limits,
        strategy_settings: args.strategy.settings(),
        strategy: args.strategy.strategy,
        evaluate: evaluation.evaluate,
        tables: evaluation.tables,
        feedback: evaluation.feedback,
        train: evaluation.train,
        epochs: evaluation.epochs,
        cost: evaluation.cost,
        finals: evaluation.finals,
        minimise: evaluation.minimise,
        maximise: evaluation.maximise,
        scores: evaluation.scores,
        read: evaluation.read.into(),
        images: evaluation.images,
        skip_damaged: evaluation.skip_damaged,
        batch_size: evaluation.batch_size,
        device: evaluation.device,
        warmup: evaluation.warmup,
        moves: evaluation.moves,
        random_moves: evaluation.random_moves,
        guide: evaluation.guide,
        budget: args.budget,
        runs: args.runs,
        seed: args.seed,
        threads: args.threads,
        out: args.out,
        resume: args.resume,
    };
    let bar = Logged::new(Bar::of("runs"), &args.log, &request.out);
    let searched = request.run(&stop_flag(), &bar)?;
    bar.finish()?;
    print(&searched.text)
}

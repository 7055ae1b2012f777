//! `zeronas shortlist`: what training the few best of every proxy would come to.

use super::reading::{AskedAggregate, ReadArgs};
use super::space::SpaceArgs;
use crate::report::aggregate::Aggregate;
use crate::report::join::BadPolicy;
use crate::report::scores::ScoreFile;
use crate::results::Folder;
use crate::search::shortlist::{Ground, Shortlist, table, text};
use crate::search::source::{Cost, TableColumns, Tables, fingerprints, read_scores};
use crate::search::{Evaluator, Objective};
use crate::space::{SearchSpace, check_ranges};
use crate::{Error, Result};
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

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
    #[arg(long = "aggregate", value_name = "[NAME=]RULE(PROXIES)|default")]
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
pub fn run(args: &ShortlistArgs) -> Result<()> {
    check_ranges(&[("most", args.most.get(), 1..=100_000), ("draws", args.draws.get(), 1..=100_000)])?;
    let space: Arc<dyn SearchSpace> = args.space.scored_in(&args.scores)?.space()?.into();
    let aggregates: Vec<Aggregate> = args.aggregates.iter().map(|asked| asked.in_space(Some(space.name()))).collect();
    let lists = args.shortlists(&space, &aggregates)?;
    if let Some(out) = &args.out {
        let manifest = json!({
            "command": "shortlist",
            "version": env!("CARGO_PKG_VERSION"),
            "scores": fingerprints(&args.scores)?,
            "tables": fingerprints(&args.tables)?,
            "feedback": args.feedback,
            "cost": args.cost.as_ref().map(Cost::to_string),
            "finals": args.finals,
            "aggregates": aggregates.iter().map(Aggregate::to_string).collect::<Vec<_>>(),
            "most": args.most,
            "draws": args.draws,
            "seed": args.seed,
        });
        Folder::create(out, &manifest)?.write("shortlist", table(&lists, &args.finals))?;
    }
    crate::print(&(text(&lists, &args.finals) + "\n"))
}

impl ShortlistArgs {
    fn shortlists(&self, space: &Arc<dyn SearchSpace>, aggregates: &[Aggregate]) -> Result<Vec<Shortlist>> {
        let tables = Arc::new(Tables::open(&self.tables, self.read.archs.arch_column.as_deref(), space.clone())?);
        for name in &self.finals {
            tables.expect("--final", name)?;
        }
        let feedback = TableColumns::new(tables.clone(), &[("--feedback", &self.feedback)], self.cost.as_ref())?;
        let training = Evaluator::new()
            .with(feedback, vec![self.feedback.clone()], |column| Objective::Column { column, sign: 1.0 });
        let (mut readings, files) = read_scores(&self.scores, &self.read.columns(None, &self.finals)?, space.as_ref())?;
        ScoreFile::told(&files).iter().for_each(|told| eprintln!("{told}"));
        let direction = |proxy: &str| self.read.direction(proxy);
        for aggregate in aggregates {
            let made = aggregate.apply(&readings, direction, BadPolicy::Worst)?;
            readings.proxies.push(made);
        }
        let ground = Ground {
            space: space.as_ref(),
            readings: &readings,
            training: &training,
            tables: &tables,
            finals: &self.finals,
            most: self.most.get(),
            draws: self.draws.get(),
            seed: self.seed,
        };
        let lists = ground.shortlists(direction)?;
        if lists.iter().all(|list| list.rows.iter().all(|row| row.seconds.is_none())) {
            let path = self.scores.first().cloned().unwrap_or_default();
            return Err(Error::file(path, "has no scored architecture that the tables hold"));
        }
        Ok(lists)
    }
}

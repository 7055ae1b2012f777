//! `zeronas search`: many runs of a strategy, with their history and what came of them.

use super::evaluation::{EvaluationArgs, Place};
use super::pictures::tell;
use super::process::threads;
use super::space::SpaceArgs;
use super::strategy::StrategyArgs;
use crate::Result;
use crate::search::Record;
use crate::search::{Budget, Limit, Observer, Run, Search, Step, report};
use crate::space::SearchSpace;
use crate::strategy::EVERY;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Search for architectures with a strategy, many times over
///
/// A strategy proposes architectures and is told what they are worth: by a benchmark table, whose training times add up on a
/// simulated clock, by proxies, or by a proxy first and a short training of the best few. Each run continues until a limit of
/// --budget is reached; limits are checked before each evaluation, as in NATS-Bench's programs, so the last one may
/// overshoot. The pick of a run is its best architecture by the feedback, and --final says what the pick is worth.
///
/// Writes history.parquet (a row per evaluation), runs and summary as CSV and Parquet, and report.html into --out. Runs depend
/// on the seed and their number only. Evaluations are saved as they come; a killed search continues with the same command
/// and --resume, to the same history.
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
    strategy: StrategyArgs,

    #[command(flatten)]
    evaluation: EvaluationArgs,

    /// What ends a run, whichever comes first: evaluations=N, seconds=S (simulated), wall=S, target=A (of the feedback), or
    /// patience=N evaluations without a better one; may be given several times. With staged, evaluations, wall and patience
    /// end the search before the training, seconds and target the training
    #[arg(long = "budget", value_name = "LIMIT", num_args = 1.., value_delimiter = ',')]
    budget: Vec<Limit>,

    /// Independent runs [default: 500, or 1 where networks are scored or trained for real, and for the strategy every]
    #[arg(long, value_name = "N")]
    runs: Option<u64>,

    /// Seed of all runs
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Folder for the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Continue what an earlier search left at --out
    #[arg(long)]
    resume: bool,
}

/// Searches, writes and tells what came of it, or until `stop` is set.
///
/// # Errors
/// Names the file or flag at fault.
pub fn run(args: &SearchArgs, stop: &Arc<AtomicBool>) -> Result<String> {
    let search = args.search(stop)?;
    let bar = Bar::new(search.runs);
    search.run(stop, &bar)?;
    drop(bar);
    let record = Record::read(&args.out)?;
    report::write(std::slice::from_ref(&record), &args.out, &record.manifest)?;
    let page = args.out.join("report.html");
    Ok(format!("{}\npage: {}\n", report::text(std::slice::from_ref(&record)), page.display()))
}

impl SearchArgs {
    /// The search that these arguments ask for.
    fn search(&self, stop: &Arc<AtomicBool>) -> Result<Search> {
        // The networks are those that were scored.
        let args = self.space.scored_in(&self.evaluation.scores)?;
        let images = self.evaluation.images(args.classes())?;
        let space: Arc<dyn SearchSpace> = match &images {
            Some(images) => args.space_for(images)?.into(),
            None => args.space()?.into(),
        };
        let images = images.map(|images| images.read(space.as_ref())).transpose()?;
        images.iter().for_each(tell);
        let recipe = self.strategy.recipe()?;
        let budget = Budget::new(&self.budget)?;
        let threads = threads(self.threads);
        let place = Place { out: self.out.clone(), threads, stop: stop.clone() };
        let parts = self.evaluation.clone().in_space(space.name()).parts(&space, images, &place)?;
        let alone = parts.runs_networks || recipe.name() == EVERY;
        Ok(Search {
            space,
            recipe,
            budget,
            evaluation: parts.evaluation,
            guide: parts.guide,
            runs: self.runs.unwrap_or(if alone { 1 } else { 500 }),
            seed: self.seed,
            threads,
            described: parts.described,
            known: parts.known,
            journal: parts.journal,
            out: self.out.clone(),
            resume: self.resume,
        })
    }
}

/// A progress bar on a terminal's stderr; nothing elsewhere.
struct Bar {
    bar: ProgressBar,
    evaluations: AtomicU64,
}

impl Bar {
    fn new(runs: u64) -> Self {
        let bar = ProgressBar::new(runs);
        let template = "{bar:30} {pos}/{len} runs  {msg}  {elapsed} elapsed, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Bar { bar, evaluations: AtomicU64::new(0) }
    }
}

impl Observer for Bar {
    fn steps(&self, _run: u64, _first: usize, steps: &[Step]) -> Result<()> {
        let evaluations = self.evaluations.fetch_add(steps.len() as u64, Ordering::Relaxed) + steps.len() as u64;
        let best = steps.last().and_then(|step| step.objectives.first());
        if let Some(last) = best.filter(|_| !self.bar.is_hidden()) {
            self.bar.set_message(format!("{evaluations} evaluations, the last {last:.3}"));
        }
        Ok(())
    }

    fn ended(&self, _run: &Run) -> Result<()> {
        self.bar.inc(1);
        Ok(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

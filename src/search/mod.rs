//! Searches: a strategy, an evaluator of its candidates, a budget that ends a run, and many runs in parallel.
//!
//! The roles are separate. A [`crate::strategy`] proposes; an [`Evaluator`] answers from [`source`]s (benchmark tables with
//! simulated training times, score files, or networks that are really run); a [`Budget`] ends a run; observers keep the
//! journal and show progress; `run` combines them for one run, and [`Search::run`] for all. [`history`] writes the
//! results, [`record`] reads them back, [`report`] compares searches, and [`shortlist`] finds out for every proxy
//! what training its few best architectures would give.
//!
//! Runs are independent of each other and depend only on the seed and their number, so threads, order and interruptions
//! change nothing except wall times.

mod bill;
mod budget;
mod clock;
mod evaluation;
mod evaluator;
mod expression;
mod guide;
pub mod history;
mod journal;
pub mod picks;
mod pool;
pub mod record;
pub mod report;
mod request;
mod run;
pub mod shortlist;
pub mod source;
mod spread;
mod step;

pub use budget::{Budget, Limit};
pub use evaluation::{Evaluation, Method, Training};
pub use evaluator::{Evaluator, Objective, Reading};
pub use expression::Expression;
pub use guide::Guide;
pub use journal::Journal;
pub use record::Record;
pub use request::{SearchRequest, Searched};
pub use spread::Spread;
pub use step::{Run, Seconds, Stage, Step};

use crate::device;
use crate::results::{Folder, Queue, check_manifest, remove_leftover};
use crate::space::{SearchSpace, check_ranges};
use crate::strategy::Recipe;
use crate::{Error, Result};
use rayon::ThreadPool;
use serde_json::{Map, Value, json};
use source::Known;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Observes the runs of a search, from any thread.
pub trait Observer: Sync {
    /// Called with new steps of a run; `first` is the place of the first of them among all its steps.
    fn steps(&self, run: u64, first: usize, steps: &[Step]) -> Result<()>;

    /// Called when the search of a run is over, with its steps so far and their values among all of them, if objectives change
    /// with the set: see [`Step::objectives`].
    fn revalued(&self, _run: u64, _steps: &[Step]) -> Result<()> {
        Ok(())
    }

    /// Called if an earlier process finished this many runs and made this many evaluations in others.
    fn resumed(&self, _runs: usize, _evaluations: usize) {}

    /// Called when a run is finished.
    fn ended(&self, run: &Run) -> Result<()>;
}

/// A search: everything that determines its results, and where they go.
pub struct Search {
    /// Where architectures come from.
    pub space: Arc<dyn SearchSpace>,
    /// The strategy with its settings.
    pub recipe: Box<dyn Recipe>,
    /// How architectures are evaluated.
    pub evaluation: Evaluation,
    /// What ends a run.
    pub budget: Budget,
    /// A cheap score that helps the strategy.
    pub guide: Option<Arc<Guide>>,
    /// Number of runs.
    pub runs: u64,
    /// Seed of all runs.
    pub seed: u64,
    /// Threads; they change no result.
    pub threads: usize,
    /// Description of the evaluation, for the manifest.
    pub described: Map<String, Value>,
    /// The scores of the networks measured so far.
    pub known: Arc<Known>,
    /// Where these scores and all steps are recorded.
    pub journal: Arc<Journal>,
    /// Folder for the results.
    pub out: PathBuf,
    /// Continue what a run with the same settings left there.
    pub resume: bool,
}

impl Search {
    /// Runs the search to the end, or until `stop` is set, and writes its history, runs and summary.
    ///
    /// # Errors
    /// Fails if settings do not fit together, if the output exists or was made with other settings, or if an evaluation fails;
    /// returns [`Error::Interrupted`] after `stop`.
    pub fn run(&self, stop: &Arc<AtomicBool>, observer: &dyn Observer) -> Result<()> {
        self.check()?;
        let manifest = self.manifest();
        let history = self.out.join(history::FILE);
        let journal = self.out.join("journal.jsonl");
        if history.exists() {
            if !self.resume {
                return Err(Error::file(
                    &self.out,
                    "holds a finished search; `resume=` shows it, or choose another `out=`",
                ));
            }
            check_manifest(&manifest, &record::read_manifest(&self.out)?, &self.out, &["image_set"])?;
            return remove_leftover(&journal);
        }
        if journal.exists() && !self.resume {
            return Err(Error::file(&journal, "is an unfinished search; `resume=` continues it, or delete it"));
        }
        std::fs::create_dir_all(&self.out).map_err(Error::io(&self.out, "cannot be made"))?;
        let mut earlier = self.journal.open(&journal, &manifest, self, &self.known)?;
        let both = Both(self.journal.as_ref(), observer);
        if !earlier.finished.is_empty() || !earlier.unfinished.is_empty() {
            both.resumed(earlier.finished.len(), earlier.unfinished.values().map(Vec::len).sum());
        }
        let mut runs: Vec<Option<Run>> = (0..self.runs).map(|number| earlier.finished.remove(&number)).collect();
        runs.iter().flatten().try_for_each(|run| observer.ended(run))?;
        let todo: Vec<u64> =
            (0..self.runs).zip(&runs).filter(|(_, run)| run.is_none()).map(|(number, _)| number).collect();
        let walls = |number: u64| earlier.unfinished.get(&number).map_or(&[][..], Vec::as_slice);
        // A run itself notices when it must stop, and its budget may end it before.
        let never = AtomicBool::new(false);
        let queue = Queue::new(&todo, &never);
        let work = || {
            let mut done = Vec::new();
            queue.work(|&number| {
                let Some(run) = run::run(self, number, walls(number), &both, stop)? else {
                    return Ok(ControlFlow::Break(()));
                };
                done.push(run);
                Ok(ControlFlow::Continue(()))
            })?;
            Ok::<_, Error>(done)
        };
        // Runs are not tasks of a pool: a thread that waits inside one would meanwhile start another.
        for done in pool(self.threads.min(todo.len()).max(1))?.broadcast(|_| work()) {
            for run in done? {
                let place = run.number as usize;
                runs[place] = Some(run);
            }
        }
        let done = runs.iter().flatten().count();
        let Some(runs) = runs.into_iter().collect::<Option<Vec<Run>>>() else {
            return Err(Error::Interrupted { done, total: self.runs as usize, what: "runs" });
        };
        if runs.iter().all(|run| run.steps.is_empty()) {
            self.journal.remove()?;
            return Err(match runs.iter().map(|run| run.missing).max() {
                None | Some(0) => Error::setting("budget", "ends every run before its first evaluation"),
                Some(missing) => {
                    Error::setting("evaluate", format!("none of the {missing} proposals of a run has a value"))
                }
            });
        }
        history::write(&Folder::create(&self.out, &manifest)?, self, &runs)?;
        self.journal.remove()
    }

    /// What ends the search itself.
    fn first_budget(&self) -> Budget {
        let staged = self.evaluation.training.is_some();
        self.budget.only(|limit| !staged || !of_training(limit))
    }

    /// What ends the training after it.
    fn training_budget(&self) -> Budget {
        self.budget.only(of_training)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("runs", usize::try_from(self.runs).unwrap_or(usize::MAX), 1..=1_000_000)])?;
        check_threads(self.threads)?;
        self.recipe.check()?;
        self.guide.iter().try_for_each(|guide| guide.check())?;
        let seconds = self.budget.limits().iter().any(|limit| matches!(limit, Limit::Seconds(_)));
        if seconds && !self.evaluation.timed {
            return Err(Error::setting(
                "budget",
                "has simulated seconds, and no `cost=` says what an evaluation takes",
            ));
        }
        let finite = self.recipe.name() == crate::strategy::EVERY;
        if self.first_budget().limits().is_empty() && !finite {
            let reason = match self.evaluation.training {
                None => "is empty; give at least one, as evaluations=1000",
                Some(_) => "does not end the search before the training; give evaluations, wall or patience",
            };
            return Err(Error::setting("budget", reason));
        }
        Ok(())
    }

    /// How the results are made. Two searches with the same manifest have the same history, except for measured seconds.
    pub fn manifest(&self) -> Value {
        let mut manifest = json!({
            "command": "search",
            "version": env!("CARGO_PKG_VERSION"),
            "space": self.space.name(),
            "strategy": self.recipe.name(),
            "strategy_settings": self.recipe.settings(),
            "budget": self.budget.limits().iter().map(Limit::to_string).collect::<Vec<_>>(),
            "runs": self.runs,
            "seed": self.seed,
            "objectives": self.evaluation.objectives,
            "finals": self.evaluation.finals,
            "relative": !self.evaluation.first.is_settled(),
        });
        if let Some(manifest) = manifest.as_object_mut() {
            manifest.extend(self.space.macro_settings());
            manifest.extend(self.described.clone());
        }
        manifest
    }
}

fn check_threads(threads: usize) -> Result<()> {
    check_ranges(&[("threads", threads, 1..=1024)])
}

/// A pool of this many threads; the error names the setting `threads`.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool> {
    check_threads(threads)?;
    device::pool(threads)
}

/// Whether a limit concerns the training after a search by proxies: its cost or its result.
fn of_training(limit: &Limit) -> bool {
    matches!(limit, Limit::Seconds(_) | Limit::Target(_))
}

/// Two observers, of which the first is called first.
struct Both<'a>(&'a dyn Observer, &'a dyn Observer);

impl Observer for Both<'_> {
    fn steps(&self, run: u64, first: usize, steps: &[Step]) -> Result<()> {
        self.0.steps(run, first, steps)?;
        self.1.steps(run, first, steps)
    }

    fn revalued(&self, run: u64, steps: &[Step]) -> Result<()> {
        self.0.revalued(run, steps)?;
        self.1.revalued(run, steps)
    }

    fn resumed(&self, runs: usize, evaluations: usize) {
        self.0.resumed(runs, evaluations);
        self.1.resumed(runs, evaluations);
    }

    fn ended(&self, run: &Run) -> Result<()> {
        self.0.ended(run)?;
        self.1.ended(run)
    }
}

#[cfg(test)]
mod tests;

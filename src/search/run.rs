//! One run: ask a strategy for candidates, evaluate them and tell it their values, until a limit is reached.

use super::bill::{Bill, network};
use super::budget::{Budget, Limit, Spent};
use super::clock::Clock;
use super::evaluator::{Evaluator, Reading};
use super::pool::Pool;
use super::step::{Run, Seconds, Stage, Step};
use super::{Observer, Search};
use crate::space::Arch;
use crate::strategy::{Evaluated, Start};
use crate::{Error, Result};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Number of candidates evaluated in parallel.
const PIECE: usize = 64;

/// How many proposals in a row may have no value before the run is given up.
const PATIENCE: usize = 100_000;

/// Runs number `number` of a search; `walls` are the architectures and wall seconds of the steps that an earlier process recorded.
/// Returns `None` if `stop` was set.
pub(super) fn run(
    search: &Search,
    number: u64,
    walls: &[(String, f64)],
    observer: &dyn Observer,
    stop: &Arc<AtomicBool>,
) -> Result<Option<Run>> {
    let mut executor = Executor {
        search,
        number,
        bill: Bill::default(),
        observer,
        stop,
        clock: Clock::new(walls),
        steps: Vec::new(),
        training: 0.0,
        missing: 0,
        missing_in_a_row: 0,
        unseen: 0,
        pool: Pool::default(),
    };
    let finished = match executor.search() {
        Ok(Some(ended)) => executor.finish(ended).map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(error),
    };
    match finished {
        // An evaluation that was stopped in the middle fails.
        Err(_) if stop.load(Ordering::Relaxed) => Ok(None),
        finished => finished,
    }
}

struct Executor<'a> {
    search: &'a Search,
    number: u64,
    /// What scoring has cost.
    bill: Bill,
    observer: &'a dyn Observer,
    stop: &'a Arc<AtomicBool>,
    clock: Clock<'a>,
    steps: Vec<Step>,
    /// Seconds of training so far.
    training: f64,
    missing: usize,
    missing_in_a_row: usize,
    /// The first of the steps that the observer has not seen.
    unseen: usize,
    /// The architectures that the search itself has evaluated.
    pool: Pool,
}

impl Executor<'_> {
    /// Asks, evaluates and tells until the end; returns what ended it, or `None` if it was stopped.
    fn search(&mut self) -> Result<Option<&'static str>> {
        let search = self.search;
        let mut start = Start::new(search.space.clone(), search.seed, self.number);
        if let Some(guide) = &search.guide {
            guide.lead(&mut start, &self.bill, self.stop)?;
        }
        let mut strategy = search.recipe.start(start)?;
        let evaluator = &search.evaluation.first;
        let budget = search.first_budget();
        loop {
            if let Some(limit) = budget.reached(&self.spending(Stage::Search)) {
                return Ok(Some(limit.name()));
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let asked = strategy.ask()?;
            if asked.is_empty() {
                return Ok(Some("exhausted"));
            }
            asked.iter().try_for_each(|arch| self.check(arch))?;
            let first = self.steps.len();
            let reached = self.evaluate(evaluator, &budget, &asked)?;
            if !evaluator.is_settled() {
                self.pool.revalue(evaluator);
                self.settle(first);
                strategy.revise(self.pool.told());
            }
            self.show()?;
            if let Some(limit) = reached {
                return Ok(Some(limit.name()));
            }
            let seen = self.steps[first..].iter();
            let seen = seen.map(|step| Evaluated { arch: step.arch.clone(), objectives: step.objectives.clone() });
            strategy.tell(&seen.collect::<Vec<_>>())?;
        }
    }

    /// Evaluates candidates until a limit is reached, which it returns.
    fn evaluate(&mut self, evaluator: &Evaluator, budget: &Budget, asked: &[Arch]) -> Result<Option<Limit>> {
        let mut rest = asked;
        while !rest.is_empty() {
            self.look_at_stop()?;
            let spending = self.spending(Stage::Search);
            if let Some(limit) = budget.reached(&spending) {
                return Ok(Some(limit));
            }
            let (piece, later) = rest.split_at(rest.len().min(PIECE).min(budget.evaluations_left(&spending)));
            for (arch, reading) in piece.iter().zip(evaluator.read(piece)?) {
                if let Some(limit) = budget.reached(&self.spending(Stage::Search)) {
                    return Ok(Some(limit));
                }
                match reading {
                    None => self.miss(arch)?,
                    Some(reading) => {
                        self.step(Stage::Search, evaluator, arch, &reading)?;
                        self.pool.add(arch, reading);
                    }
                }
            }
            rest = later;
        }
        Ok(None)
    }

    /// Fails once `stop` is set; the error of a stopped run is discarded.
    fn look_at_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Internal("stopped".into())) } else { Ok(()) }
    }

    /// Checks that the architecture is in the space.
    fn check(&self, arch: &Arch) -> Result<()> {
        let Search { space, recipe, .. } = self.search;
        space.parse(arch.as_str()).map(drop).map_err(|error| {
            let (strategy, space) = (recipe.name(), space.name());
            Error::setting(
                "strategy",
                format!("{strategy} asked for an architecture that {space} does not have: {error}"),
            )
        })
    }

    /// Counts a proposal without a value.
    fn miss(&mut self, arch: &Arch) -> Result<()> {
        self.missing += 1;
        self.missing_in_a_row += 1;
        if self.missing_in_a_row < PATIENCE {
            return Ok(());
        }
        let reason = format!("none of the last {PATIENCE} proposals has a value, the last is `{arch}`");
        Err(Error::setting("evaluate", reason))
    }

    /// Adds an evaluation.
    fn step(&mut self, stage: Stage, evaluator: &Evaluator, arch: &Arch, reading: &Reading) -> Result<()> {
        self.missing_in_a_row = 0;
        self.training += reading.training;
        self.bill.add(self.search.space.as_ref(), evaluator, arch, reading)?;
        let place = self.steps.len();
        let settled = evaluator.is_settled();
        let mut step = Step {
            stage,
            arch: arch.clone(),
            values: reading.values.clone(),
            objectives: if settled { evaluator.values(std::slice::from_ref(reading)).remove(0) } else { Vec::new() },
            spent: Seconds { training: self.training, scoring: self.bill.total() },
            wall: self.clock.stamp(place, arch)?,
            incumbent: place,
        };
        if settled {
            step.incumbent = self.better(&step, place);
        }
        self.steps.push(step);
        Ok(())
    }

    /// The incumbent after `step`, which goes to `place`.
    fn better(&self, step: &Step, place: usize) -> usize {
        match self.steps.last().filter(|last| last.stage == step.stage) {
            Some(last) if self.steps[last.incumbent].objectives[0] >= step.objectives[0] => last.incumbent,
            _ => place,
        }
    }

    /// Gives the steps from `first` on the latest objectives, and incumbents according to these.
    fn settle(&mut self, first: usize) {
        let told = self.pool.told();
        let mut best: Option<(usize, f64)> = None;
        for (place, step) in self.steps.iter_mut().enumerate() {
            let Some(values) = told.get(&step.arch) else { continue };
            if best.is_none_or(|(_, best)| values[0] > best) {
                best = Some((place, values[0]));
            }
            if place >= first {
                step.objectives.clone_from(values);
                step.incumbent = best.map_or(place, |(incumbent, _)| incumbent);
            }
        }
    }

    /// What the run has spent, with the best of a stage.
    fn spending(&self, stage: Stage) -> Spent {
        let wall = self.clock.now();
        let mut spent = Spent { evaluations: self.steps.len(), seconds: self.training, wall, ..Spent::default() };
        if let Some(last) = self.steps.last().filter(|last| last.stage == stage) {
            let incumbent = &self.steps[last.incumbent];
            let told = if stage == Stage::Search { self.pool.told().get(&incumbent.arch) } else { None };
            spent.best = told.unwrap_or(&incumbent.objectives).first().copied();
            spent.since_best = self.steps.len() - 1 - last.incumbent;
        }
        spent
    }

    /// Shows the observer the steps that it has not seen.
    fn show(&mut self) -> Result<()> {
        self.observer.steps(self.number, self.unseen, &self.steps[self.unseen..])?;
        self.unseen = self.steps.len();
        Ok(())
    }

    /// Trains the best architectures if that is asked for, and completes the run.
    fn finish(mut self, ended: &'static str) -> Result<Run> {
        if !self.search.evaluation.first.is_settled() && !self.steps.is_empty() {
            // Then all values of a run are relative to the same architectures.
            self.settle(0);
            self.observer.revalued(self.number, &self.steps)?;
        }
        let ended = self.train()?.unwrap_or(ended);
        self.show()?;
        let run = Run { number: self.number, steps: self.steps, missing: self.missing, ended: ended.into() };
        self.observer.ended(&run)?;
        Ok(run)
    }

    /// Evaluates the best again by training, each network once; returns what ended it.
    fn train(&mut self) -> Result<Option<&'static str>> {
        let Some(training) = &self.search.evaluation.training else { return Ok(None) };
        let budget = self.search.training_budget();
        let mut networks = HashSet::new();
        let mut trained = 0;
        for arch in self.pool.ranked(&self.search.evaluation.first) {
            if trained == training.keep {
                break;
            }
            if !networks.insert(network(self.search.space.as_ref(), &arch)?) {
                continue;
            }
            self.look_at_stop()?;
            if let Some(limit) = budget.reached(&self.spending(Stage::Training)) {
                return Ok(Some(limit.name()));
            }
            match training.evaluator.read(std::slice::from_ref(&arch))?.pop().flatten() {
                None => self.missing += 1,
                Some(reading) => {
                    self.step(Stage::Training, &training.evaluator, &arch, &reading)?;
                    self.show()?;
                    trained += 1;
                }
            }
        }
        if trained == 0 && !networks.is_empty() {
            let reason =
                format!("none of the {} networks that run {} found can be trained", networks.len(), self.number);
            return Err(Error::setting(
                "evaluate",
                reason + ": the tables have no `feedback=`, or no `cost=`, of them",
            ));
        }
        Ok(Some("trained"))
    }
}

//! Search strategies: which architectures to evaluate next, given what was learnt of the earlier ones.
//!
//! A strategy is a state machine that is asked for candidates and told their values. It knows neither what evaluates them nor what that
//! costs: the executor takes care of budget, clock, tables and records. A strategy depends only on its settings, its [`Start`] and what it
//! was told, so an interrupted search continues by telling it the recorded values again.
//!
//! ```
//! use std::sync::Arc;
//! use zeronas::space::{self, SearchSpace};
//! use zeronas::strategy::{self, Evaluated, Start};
//!
//! let space: Arc<dyn SearchSpace> = space::as_published(space::DEFAULT)?.into();
//! let recipe = strategy::find("random", &[])?;
//! let mut search = recipe.start(Start::new(space, 0, 0))?;
//! let asked = search.ask()?;
//! let seen = asked.into_iter().map(|arch| Evaluated { objectives: vec![arch.as_str().len() as f64], arch });
//! search.tell(&seen.collect::<Vec<_>>())?;
//! # Ok::<(), zeronas::Error>(())
//! ```

mod adam;
mod average;
mod bananas;
mod controller;
mod dice;
mod draw;
mod every;
mod genetic;
mod local;
mod lstm;
mod mlp;
mod moves;
mod nsga2;
mod pareto;
mod population;
mod random;
mod rea;
mod recipe;
mod registry;
mod reinforce;
mod source;

use dice::Dice;
use source::Source;

pub use bananas::Bananas;
pub use every::{EVERY, Every};
pub use genetic::Genetic;
pub use local::Local;
pub use lstm::Lstm;
pub use moves::{Moves, warm_up};
pub use nsga2::Nsga2;
pub use pareto::{crowding, dominates, fronts};
pub use random::Random;
pub use rea::Rea;
pub use recipe::Recipe;
pub use registry::{NAMES, find};
pub use reinforce::Reinforce;

use crate::space::{Arch, SearchSpace};
use crate::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// An architecture with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The architecture, as it was asked for.
    pub arch: Arch,
    /// Its values, all finite; for each, more is better. Strategies with a single objective use the first.
    pub objectives: Vec<f64>,
}

impl Evaluated {
    /// The first objective.
    fn feedback(&self) -> Result<f64> {
        let told = || Error::Internal(format!("the search was told no value of `{}`", self.arch));
        self.objectives.first().copied().filter(|value| value.is_finite()).ok_or_else(told)
    }
}

/// The new first objective of an architecture, where it has one.
fn revised(values: &HashMap<Arch, Vec<f64>>, arch: &Arch) -> Option<f64> {
    values.get(arch)?.first().copied()
}

/// One run of a search.
pub trait Strategy: Send {
    /// Returns the candidates to evaluate next, in this order and possibly with repetitions. If there are none, nothing is left to propose and
    /// the run ends. All are chosen before any of them is evaluated, so they can be evaluated in parallel.
    fn ask(&mut self) -> Result<Vec<Arch>>;

    /// Tells the values of the candidates of the last [`Strategy::ask`], in the same order. A candidate without a value, because a table lacks
    /// it or its measurement failed, is left out; the strategy then proposes others.
    fn tell(&mut self, seen: &[Evaluated]) -> Result<()>;

    /// Updates the values of all architectures told so far, before a [`Strategy::tell`]: aggregates of ranks change for all architectures when
    /// the set grows. A strategy that remembers values must replace them; others can ignore this.
    fn revise(&mut self, _values: &HashMap<Arch, Vec<f64>>) {}
}

/// A cheap score of each architecture, more being better; `None` if it has none. Scores from the same call are comparable with each other,
/// those from different calls need not be.
pub type Scorer = Arc<dyn Fn(&[Arch]) -> Result<Vec<Option<f64>>> + Send + Sync>;

/// Seeds that a policy begins with.
const POLICY_SEEDS: usize = 10;

/// What a run starts from, besides the settings that all runs share.
#[derive(Clone)]
pub struct Start {
    /// Where the architectures come from.
    pub space: Arc<dyn SearchSpace>,
    /// Seed of the search.
    pub seed: u64,
    /// Number of the run; runs with the same seed are independent.
    pub run: u64,
    /// The architectures to begin with instead of random ones, the most promising first; see [`warm_up`].
    pub seeds: Vec<Arch>,
    /// Chooses the mutations of strategies that mutate; without it they are random.
    pub moves: Option<Moves>,
}

impl Start {
    /// A run that begins with random architectures and mutates at random.
    pub fn new(space: Arc<dyn SearchSpace>, seed: u64, run: u64) -> Self {
        Start { space, seed, run, seeds: Vec::new(), moves: None }
    }

    /// Where the candidates of a strategy that mutates come from.
    fn source(self, name: &str) -> Source {
        let Start { space, seed, run, seeds, moves } = self;
        Source { space, dice: Dice::new(name, seed, run), seeds: seeds.into(), moves }
    }

    /// Where the candidates of a strategy without mutations come from; the error names the setting of moves.
    fn source_without_moves(self, name: &str) -> Result<Source> {
        self.refuse_moves(name)?;
        Ok(self.source(name))
    }

    /// The source of candidates for a policy. It begins with only the few best seeds, so that the policy itself gets to propose.
    fn source_of_policy(mut self, name: &str) -> Result<Source> {
        self.seeds.truncate(POLICY_SEEDS);
        self.source_without_moves(name)
    }

    fn refuse_moves(&self, name: &str) -> Result<()> {
        if self.moves.is_some() {
            return Err(Error::setting("moves", format!("{name} has no mutations that a score could pick")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

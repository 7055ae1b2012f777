//! The flags that choose a strategy and its settings.

use serde_json::Value;
use std::collections::BTreeMap;
use zeronas::strategy::NAMES;

/// A strategy and its settings.
#[derive(Debug, clap::Args)]
pub struct StrategyArgs {
    /// What proposes architectures. Settings default to those of the strategy's paper or published program, except
    /// for three of lstm that suit the few hundred evaluations of a benchmark: learning rate 0.01, momentum 0.9 (both as in
    /// NATS-Bench's REINFORCE) and entropy 0.01 (ours); bananas has NASLib's settings, with smaller predictors of our own
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(NAMES))]
    pub(super) strategy: String,

    /// Size of the population (rea 10, genetic 25, nsga2 20)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    population: Option<u64>,

    /// Architectures drawn from the population, the best of which becomes a parent (rea 3, genetic 5)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    tournament: Option<u64>,

    /// Share of children with two parents (nsga2)
    #[arg(long, value_name = "P", help_heading = "Settings of strategies")]
    crossover: Option<f64>,

    /// Step size (reinforce, lstm)
    #[arg(long, value_name = "R", help_heading = "Settings of strategies")]
    learning_rate: Option<f64>,

    /// Momentum of the baseline (reinforce, lstm)
    #[arg(long, value_name = "M", help_heading = "Settings of strategies")]
    momentum: Option<f64>,

    /// Units of the controller (lstm)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    hidden: Option<u64>,

    /// Weight of the policy's entropy (lstm)
    #[arg(long, value_name = "W", help_heading = "Settings of strategies")]
    entropy: Option<f64>,

    /// Architectures proposed at a time (lstm, bananas)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    batch: Option<u64>,

    /// Random architectures at the start (bananas)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    initial: Option<u64>,

    /// Number of predictors (bananas)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    ensemble: Option<u64>,

    /// Mutants predicted for each batch (bananas)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    candidates: Option<u64>,

    /// Best architectures that are mutated (bananas)
    #[arg(long, value_name = "N", help_heading = "Settings of strategies")]
    parents: Option<u64>,
}

impl StrategyArgs {
    /// The settings that flags say.
    pub(super) fn settings(&self) -> BTreeMap<String, Value> {
        let counts = [
            ("population", self.population),
            ("tournament", self.tournament),
            ("hidden", self.hidden),
            ("batch", self.batch),
            ("initial", self.initial),
            ("ensemble", self.ensemble),
            ("candidates", self.candidates),
            ("parents", self.parents),
        ];
        let numbers = [
            ("crossover", self.crossover),
            ("learning_rate", self.learning_rate),
            ("momentum", self.momentum),
            ("entropy", self.entropy),
        ];
        let counts = counts.into_iter().filter_map(|(name, count)| Some((name.to_owned(), Value::from(count?))));
        let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), Value::from(number?))));
        counts.chain(numbers).collect()
    }
}

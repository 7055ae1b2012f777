//! `genetic`: a genetic algorithm with aging.
//!
//! The two best of a tournament have three children: a mutation of each, and a crossover that takes each choice from one of them. The oldest
//! members make room, however good they are.
//!
//! Source: Cavagnero et al. 2023 (FreeREA), with its population of 25 and tournaments of 5.

use super::population::Population;
use super::recipe::fields;
use super::{Evaluated, Recipe, Source, Start, Strategy};
use crate::space::{Arch, check_ranges};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Settings of the genetic algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genetic {
    /// Size of the population.
    pub population: usize,
    /// Size of a tournament, whose members are all different and whose two best are the parents.
    pub tournament: usize,
}

impl Default for Genetic {
    fn default() -> Self {
        Genetic { population: 25, tournament: 5 }
    }
}

impl Recipe for Genetic {
    fn name(&self) -> &'static str {
        "genetic"
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[
            ("population", self.population, 2..=1_000_000),
            ("tournament", self.tournament, 2..=1_000_000),
        ])?;
        if self.tournament > self.population {
            let Genetic { population, tournament } = self;
            let reason = format!("a tournament of {tournament} is more than the population of {population}");
            return Err(Error::setting("tournament", reason));
        }
        Ok(())
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        let population = Population::new(self.population);
        Ok(Box::new(Search { tournament: self.tournament, source: start.source(self.name()), population }))
    }
}

struct Search {
    tournament: usize,
    source: Source,
    population: Population,
}

impl Search {
    /// The two best of a tournament.
    fn parents(&mut self) -> [Arch; 2] {
        let mut members: Vec<usize> = (0..self.population.len()).collect();
        self.source.dice.shuffle(&mut members);
        let rivals = &mut members[..self.tournament];
        rivals.sort_by(|&a, &b| self.population.value(b).total_cmp(&self.population.value(a)));
        [rivals[0], rivals[1]].map(|member| self.population.arch(member).clone())
    }
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let missing = self.population.missing();
        if missing > 0 {
            return (0..missing).map(|_| self.source.next()).collect();
        }
        let [one, other] = self.parents();
        Ok(vec![self.source.mutate(&one)?, self.source.mutate(&other)?, self.source.cross(&one, &other)?])
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        self.population.admit(seen)
    }

    fn revise(&mut self, values: &HashMap<Arch, Vec<f64>>) {
        self.population.revise(values);
    }
}

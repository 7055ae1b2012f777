//! `rea`: regularised evolution.
//!
//! The best of a small sample of the population, drawn with replacement, is mutated; the child replaces the oldest member, however good that
//! one is. The settings are those of NATS-Bench.
//!
//! Source: Real et al. 2019 (Regularized Evolution for Image Classifier Architecture Search); Dong et al. 2021
//! (NATS-Bench).

use super::population::Population;
use super::recipe::fields;
use super::{Evaluated, Recipe, Source, Start, Strategy};
use crate::Result;
use crate::space::{Arch, check_ranges};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Settings of regularised evolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rea {
    /// Size of the population.
    pub population: usize,
    /// Size of the sample whose best member is the parent.
    pub tournament: usize,
}

impl Default for Rea {
    fn default() -> Self {
        Rea { population: 10, tournament: 3 }
    }
}

impl Recipe for Rea {
    fn name(&self) -> &'static str {
        "rea"
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("population", self.population, 1..=1_000_000), ("tournament", self.tournament, 1..=1_000_000)])
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
    /// The winner of a tournament; of equal members, the first drawn.
    fn parent(&mut self) -> usize {
        let mut best = self.source.dice.below(self.population.len());
        for _ in 1..self.tournament {
            let rival = self.source.dice.below(self.population.len());
            if self.population.value(rival) > self.population.value(best) {
                best = rival;
            }
        }
        best
    }
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let missing = self.population.missing();
        if missing > 0 {
            return (0..missing).map(|_| self.source.next()).collect();
        }
        let parent = self.parent();
        Ok(vec![self.source.mutate(self.population.arch(parent))?])
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        self.population.admit(seen)
    }

    fn revise(&mut self, values: &HashMap<Arch, Vec<f64>>) {
        self.population.revise(values);
    }
}

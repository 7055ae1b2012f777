//! `nsga2`: evolution towards several objectives at once.
//!
//! Each generation has as many children as members. The next generation consists of the best of both, front by front; of the last front,
//! which fits only in part, it takes the points with the largest crowding distance. Parents win a tournament of two by the same order. A
//! child is a crossover, which takes each choice from one parent or the other, or a copy, and is then mutated once. A child that is already
//! in the population is made again, so that the few choices of such spaces do not fill the population with copies of one architecture.
//!
//! Source: Deb et al. 2002, for the crossover probability and the tournament; the population of 20 is that of Phan & Luong's searches of
//! NAS-Bench-101 and -201.

use super::recipe::{check_share, fields};
use super::{Evaluated, Recipe, Source, Start, Strategy, crowding, fronts};
use crate::space::{Arch, check_ranges};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Settings of NSGA-II.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nsga2 {
    /// Size of the population, and number of children in each generation.
    pub population: usize,
    /// Share of children that have two parents.
    pub crossover: f64,
}

impl Default for Nsga2 {
    fn default() -> Self {
        Nsga2 { population: 20, crossover: 0.9 }
    }
}

impl Recipe for Nsga2 {
    fn name(&self) -> &'static str {
        "nsga2"
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("population", self.population, 2..=100_000)])?;
        check_share("crossover", self.crossover)
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        Ok(Box::new(Search { settings: *self, source: start.source(self.name()), population: Vec::new() }))
    }
}

/// How often a child is made again if it is already in the population.
const PATIENCE: usize = 16;

struct Search {
    settings: Nsga2,
    source: Source,
    /// The members, best first: by front, then by crowding distance.
    population: Vec<Evaluated>,
}

impl Search {
    /// The better of two random members, that is, the one that comes first in the population.
    fn parent(&mut self) -> Arch {
        let count = self.population.len();
        let place = self.source.dice.below(count).min(self.source.dice.below(count));
        self.population[place].arch.clone()
    }

    fn child(&mut self) -> Result<Arch> {
        let mut child = self.parent();
        if self.source.dice.uniform() < self.settings.crossover {
            let other = self.parent();
            child = self.source.cross(&child, &other)?;
        }
        self.source.mutate(&child)
    }
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let missing = self.settings.population - self.population.len();
        if missing > 0 {
            return (0..missing).map(|_| self.source.next()).collect();
        }
        let mut living: HashSet<Arch> = self.population.iter().map(|member| member.arch.clone()).collect();
        let mut children = Vec::new();
        while children.len() < self.settings.population {
            let mut child = self.child()?;
            for _ in 0..PATIENCE {
                if !living.contains(&child) {
                    break;
                }
                child = self.child()?;
            }
            living.insert(child.clone());
            children.push(child);
        }
        Ok(children)
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        for evaluated in seen {
            evaluated.feedback()?;
            let count = self.population.first().unwrap_or(evaluated).objectives.len();
            if evaluated.objectives.len() != count || evaluated.objectives.iter().any(|value| !value.is_finite()) {
                let told = format!("the search was told other than {count} values of `{}`", evaluated.arch);
                return Err(Error::Internal(told));
            }
            self.population.push(evaluated.clone());
        }
        self.population = ordered(std::mem::take(&mut self.population));
        self.population.truncate(self.settings.population);
        Ok(())
    }

    fn revise(&mut self, values: &HashMap<Arch, Vec<f64>>) {
        for member in &mut self.population {
            if let Some(new) = values.get(&member.arch) {
                member.objectives.clone_from(new);
            }
        }
    }
}

/// The members sorted by front, and within a front by decreasing crowding distance.
fn ordered(members: Vec<Evaluated>) -> Vec<Evaluated> {
    let points: Vec<&[f64]> = members.iter().map(|member| &member.objectives[..]).collect();
    let mut order = Vec::new();
    for front in fronts(&points) {
        let distances = crowding(&front.iter().map(|&member| points[member]).collect::<Vec<_>>());
        let mut ranked: Vec<(usize, f64)> = front.into_iter().zip(distances).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.extend(ranked.into_iter().map(|(member, _)| member));
    }
    order.into_iter().map(|member| members[member].clone()).collect()
}

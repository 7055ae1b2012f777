//! `local`: steepest ascent with restarts.
//!
//! All architectures one edit away that have not been evaluated yet are evaluated in random order. The best of all neighbours comes next if
//! it is better than the current architecture; otherwise the search restarts from a random one.
//!
//! Source: White et al. 2021 (Exploring the Loss Landscape in Neural Architecture Search).

use super::recipe::fields;
use super::{Evaluated, Recipe, Source, Start, Strategy, revised};
use crate::Result;
use crate::space::Arch;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Local search has nothing to set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {}

impl Recipe for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        Ok(Box::new(Search { source: start.source_without_moves(self.name())?, known: HashMap::new(), climb: None }))
    }
}

struct Search {
    source: Source,
    /// The architectures asked for, each with its value if it has one.
    known: HashMap<Arch, Option<f64>>,
    /// The current architecture, and the architectures one edit away.
    climb: Option<(Arch, Vec<Arch>)>,
}

impl Search {
    fn value(&self, arch: &Arch) -> Option<f64> {
        self.known.get(arch).copied().flatten()
    }

    /// The best of the neighbours if it is better than the current architecture; of equal ones, the first.
    fn ascent(&self, from: &Arch, neighbours: &[Arch]) -> Option<Arch> {
        let mut best = (from, self.value(from)?);
        for arch in neighbours {
            if let Some(value) = self.value(arch)
                && value > best.1
            {
                best = (arch, value);
            }
        }
        (best.0 != from).then(|| best.0.clone())
    }

    fn neighbours(&mut self, arch: &Arch) -> Result<Vec<Arch>> {
        let mut neighbours = self.source.space.neighbours(arch)?;
        self.source.dice.shuffle(&mut neighbours);
        Ok(neighbours)
    }

    fn note(&mut self, asked: &[Arch]) {
        self.known.extend(asked.iter().map(|arch| (arch.clone(), None)));
    }
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        while let Some((from, neighbours)) = self.climb.take() {
            let fresh: Vec<Arch> = neighbours.iter().filter(|arch| !self.known.contains_key(*arch)).cloned().collect();
            if !fresh.is_empty() {
                self.climb = Some((from, neighbours));
                self.note(&fresh);
                return Ok(fresh);
            }
            if let Some(next) = self.ascent(&from, &neighbours) {
                let neighbours = self.neighbours(&next)?;
                self.climb = Some((next, neighbours));
            }
        }
        let start = vec![self.source.next()?];
        self.note(&start);
        Ok(start)
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        for evaluated in seen {
            self.known.insert(evaluated.arch.clone(), Some(evaluated.feedback()?));
        }
        if self.climb.is_none()
            && let [start] = seen
        {
            let neighbours = self.neighbours(&start.arch)?;
            self.climb = Some((start.arch.clone(), neighbours));
        }
        Ok(())
    }

    fn revise(&mut self, values: &HashMap<Arch, Vec<f64>>) {
        for (arch, value) in &mut self.known {
            if let Some(new) = revised(values, arch) {
                *value = Some(new);
            }
        }
    }
}

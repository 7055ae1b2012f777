//! `bananas`: Bayesian optimisation with an ensemble of small networks as the predictor.
//!
//! After some random architectures at the start, an ensemble is trained on all architectures evaluated so far. Candidates are mutations of
//! the best ones. For each, one value is drawn from the normal distribution with the mean and standard deviation of the ensemble's
//! predictions (independent Thompson sampling), and the candidates with the best draws are evaluated next.
//!
//! Source: White et al. 2021 (BANANAS). The defaults are those of NASLib, which uses an ensemble of 3 networks where the paper has 5, and
//! mutates the 2 best architectures. The networks and their training are our own, smaller than in the paper because they are retrained after
//! every batch in each of many runs. Their inputs are
//! [`SearchSpace::features`](crate::space::SearchSpace::features): paths on NAS-Bench-101, as in the paper, and choices elsewhere.

use super::mlp::Mlp;
use super::recipe::fields;
use super::{Evaluated, Recipe, Source, Start, Strategy, revised};
use crate::space::{Arch, check_ranges};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Settings of BANANAS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bananas {
    /// Random architectures at the beginning.
    pub initial: usize,
    /// Architectures that are evaluated between two trainings of the ensemble.
    pub batch: usize,
    /// Networks in the ensemble.
    pub ensemble: usize,
    /// Mutations from which a batch is chosen.
    pub candidates: usize,
    /// Number of best architectures that are mutated.
    pub parents: usize,
}

impl Default for Bananas {
    fn default() -> Self {
        Bananas { initial: 10, batch: 10, ensemble: 3, candidates: 100, parents: 2 }
    }
}

impl Recipe for Bananas {
    fn name(&self) -> &'static str {
        "bananas"
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[
            ("initial", self.initial, 2..=100_000),
            ("ensemble", self.ensemble, 1..=1_000),
            ("candidates", self.candidates, 1..=1_000_000),
            ("batch", self.batch, 1..=1_000_000),
            ("parents", self.parents, 1..=100_000),
        ])?;
        if self.batch > self.candidates {
            let reason = format!("cannot choose {} of {} candidates", self.batch, self.candidates);
            return Err(Error::setting("batch", reason));
        }
        Ok(())
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        Ok(Box::new(Search {
            settings: *self,
            source: start.source(self.name()),
            asked: HashSet::new(),
            seen: Seen::default(),
        }))
    }
}

/// The architectures told so far.
#[derive(Default)]
struct Seen {
    archs: Vec<Arch>,
    features: Vec<Vec<f64>>,
    values: Vec<f64>,
}

struct Search {
    settings: Bananas,
    source: Source,
    /// The architectures asked for; none is asked for again as a candidate.
    asked: HashSet<Arch>,
    seen: Seen,
}

impl Search {
    /// Mutates the best architectures in turn; returns each mutation once, without those already asked for.
    fn candidates(&mut self) -> Result<Vec<Arch>> {
        let Seen { archs, values, .. } = &self.seen;
        let mut order: Vec<usize> = (0..archs.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order.truncate(self.settings.parents);
        let mut candidates = Vec::new();
        let mut new = HashSet::new();
        for number in 0..self.settings.candidates {
            let candidate = self.source.mutate(&archs[order[number % order.len()]])?;
            if !self.asked.contains(&candidate) && new.insert(candidate.clone()) {
                candidates.push(candidate);
            }
        }
        Ok(candidates)
    }

    /// Sorts the candidates by independent Thompson sampling, the best draw first.
    fn sampled(&mut self, candidates: Vec<Arch>) -> Result<Vec<Arch>> {
        let Search { settings, source, seen, .. } = self;
        let values = standardised(&seen.values);
        let ensemble: Vec<Mlp> =
            (0..settings.ensemble).map(|_| Mlp::fit(&seen.features, &values, &mut source.dice)).collect();
        let mut drawn = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let features = source.space.features(&candidate)?;
            let predictions: Vec<f64> = ensemble.iter().map(|mlp| mlp.predict(&features)).collect();
            let count = predictions.len() as f64;
            let mean = predictions.iter().sum::<f64>() / count;
            let variance = predictions.iter().map(|prediction| (prediction - mean).powi(2)).sum::<f64>() / count;
            drawn.push((candidate, mean + variance.sqrt() * source.dice.normal()));
        }
        drawn.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(drawn.into_iter().map(|(candidate, _)| candidate).collect())
    }
}

/// Values shifted and scaled to a mean of 0 and a mean absolute deviation of 1; equal values become 0.
fn standardised(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value / count).sum::<f64>();
    let distance = values.iter().map(|value| (value - mean).abs() / count).sum::<f64>();
    let unit = if distance > 0.0 { distance } else { 1.0 };
    values.iter().map(|value| (value - mean) / unit).collect()
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let missing = self.settings.initial.saturating_sub(self.seen.archs.len());
        let asked: Vec<Arch> = if missing > 0 {
            (0..missing).map(|_| self.source.next()).collect::<Result<_>>()?
        } else {
            let candidates = self.candidates()?;
            let mut batch = self.sampled(candidates)?;
            batch.truncate(self.settings.batch);
            // If the best architectures have too few new neighbours.
            for _ in batch.len()..self.settings.batch {
                batch.push(self.source.next()?);
            }
            batch
        };
        self.asked.extend(asked.iter().cloned());
        Ok(asked)
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        for evaluated in seen {
            self.seen.values.push(evaluated.feedback()?);
            self.seen.features.push(self.source.space.features(&evaluated.arch)?);
            self.seen.archs.push(evaluated.arch.clone());
        }
        Ok(())
    }

    fn revise(&mut self, values: &HashMap<Arch, Vec<f64>>) {
        for (arch, value) in self.seen.archs.iter().zip(&mut self.seen.values) {
            if let Some(new) = revised(values, arch) {
                *value = new;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_size_are_told_to_the_networks_alike() {
        assert_eq!(standardised(&[90.0, 92.0, 94.0, 96.0]), [-1.5, -0.5, 0.5, 1.5]);
        assert_eq!(standardised(&[7.0; 3]), [0.0; 3]);
        let huge = standardised(&[1e300, -1e300]);
        assert!((huge[0] - 1.0).abs() < 1e-12 && (huge[1] + 1.0).abs() < 1e-12, "{huge:?}");
    }
}

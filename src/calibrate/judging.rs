//! How well each candidate ranks the labelled networks, and which verdict follows.

use super::candidates::{Candidate, Field, Kind};
use super::ceiling::Ceiling;
use super::combination::{Fit, left_out};
use super::verdict::Verdict;
use super::{Calibration, Judged, Label, Settings};
use crate::report::aggregate::{Aggregate, Rule};
use crate::report::bootstrap::{Drawn, evaluate};
use crate::report::measure::{Measure, Observation, Prepared};
use crate::report::statistics::kendall;
use rayon::prelude::*;
use zeronas_random::Stream;

/// The combination's name.
const COMBINATION: &str = "combination";

/// Judges all candidates of a field by labels, whose order is that of the curve.
pub fn calibrate(field: &Field, labels: &[Label], settings: &Settings) -> Calibration {
    let steps =
        (1..).map(|step| step * settings.step.max(1)).take_while(|&step| step < labels.len()).chain([labels.len()]);
    let mut judged: Vec<Judged> = Vec::new();
    for count in steps {
        let first = Judge::new(field, &labels[..count]);
        for (place, drawn) in first.drawn(settings).into_iter().enumerate() {
            let [kendall, partial] = [&drawn[0], &drawn[1]];
            let point = (count, kendall.estimate());
            if let Some(known) = judged.get_mut(place) {
                known.curve.push(point);
                (known.kendall, known.partial) = (point.1, partial.estimate());
                known.draws.clone_from(&kendall.draws);
                continue;
            }
            let named = |candidate: &Candidate| (candidate.name.clone(), candidate.kind);
            let (name, kind) =
                field.candidates.get(place).map_or_else(|| (COMBINATION.into(), Kind::Combination), named);
            let (partial, draws) = (partial.estimate(), kendall.draws.clone());
            judged.push(Judged { name, kind, kendall: point.1, partial, curve: vec![point], draws });
        }
    }
    let judge = Judge::new(field, labels);
    let by_chance = judge.by_chance(settings);
    let aggregate = |place: usize| match field.candidates.get(place) {
        Some(Candidate { name, kind: Kind::Default, .. }) => name.parse().ok().map(Aggregate::unnamed),
        Some(candidate) => Some(Aggregate::new(Rule::LogRank, vec![candidate.name.clone()])),
        None => Fit::new(field, &judge.places, &judge.values).aggregate(field),
    };
    Calibration {
        verdict: Verdict::of(&judged, by_chance, aggregate),
        judged,
        networks: labels.len(),
        by_chance,
        ceiling: Ceiling::of(labels, settings.draws, settings.seed),
    }
}

/// A field with some labels.
struct Judge<'a> {
    field: &'a Field,
    places: Vec<usize>,
    values: Vec<f64>,
}

impl<'a> Judge<'a> {
    fn new(field: &'a Field, labels: &[Label]) -> Self {
        let (places, values) = labels.iter().map(|label| (label.place, label.value)).unzip();
        Judge { field, places, values }
    }

    /// Evaluates every candidate and the combination on the same draws.
    fn drawn(&self, settings: &Settings) -> Vec<Vec<Drawn>> {
        let params = self.field.candidates.iter().find(|candidate| candidate.kind == Kind::Params);
        let given = |arch: usize| params.map(|params| params.standings[arch]);
        let combined = left_out(self.field, &self.places, &self.values);
        // A combination without any weight gives every architecture the same value.
        let combined = combined.into_iter().map(|value| value.unwrap_or(0.0)).collect();
        let of_candidates =
            self.field.candidates.iter().map(|one| self.places.iter().map(|&arch| one.standings[arch]).collect());
        let prepared = |standings: Vec<f64>| {
            let seen = standings.into_iter().zip(&self.values).zip(&self.places);
            let seen = seen.map(|((standing, &target), &arch)| Observation {
                standing,
                value: None,
                target,
                given: given(arch),
            });
            Prepared::new(&seen.collect::<Vec<_>>(), vec![Measure::Kendall, Measure::Partial], 1.0)
        };
        let problems: Vec<Prepared> = of_candidates.chain([combined]).map(prepared).collect();
        evaluate(&problems, settings.draws, settings.seed)
    }

    /// The share of shuffles of the labels in which the best tau of all candidates is at least as high as the real one.
    fn by_chance(&self, settings: &Settings) -> f64 {
        let best = |labels: &[f64]| {
            let tau = |one: &Candidate| {
                let pairs = self.places.iter().zip(labels).map(|(&arch, &label)| (one.standings[arch], label));
                kendall(&pairs.collect::<Vec<_>>()).unwrap_or(0.0)
            };
            self.field.candidates.iter().map(tau).fold(f64::NEG_INFINITY, f64::max)
        };
        let real = best(&self.values);
        let reached = |shuffle: &usize| {
            let order =
                Stream::new(&format!("calibrate.shuffle.{shuffle}"), settings.seed).permutation(self.values.len());
            best(&order.into_iter().map(|place| self.values[place]).collect::<Vec<_>>()) >= real
        };
        let count = (0..settings.shuffles).into_par_iter().filter(reached).count();
        // The labels as they are count as one more shuffle, so that no share is 0.
        (count + 1) as f64 / (settings.shuffles + 1) as f64
    }
}

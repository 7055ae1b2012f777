//! The combination: a weighted sum of log-ranks, fitted to few labels.
//!
//! With t the ranks of the labels and z the inputs, both centred and scaled (the inputs over all architectures), it minimises
//! `|t - z w|^2 + PRIOR_NETWORKS |w - w0|^2` over weights w of at least 0. The prior w0 divides `PRIOR_WEIGHT` equally among the candidates
//! that are trusted beforehand.

use super::candidates::{Candidate, Field};
use crate::report::aggregate::{Aggregate, Rule};
use crate::report::statistics::{average_ranks, kendall};

/// How many networks the prior counts for.
const PRIOR_NETWORKS: f64 = 20.0;

/// The sum of the prior's weights.
const PRIOR_WEIGHT: f64 = 0.5;

/// How many candidates are included besides those of the prior.
const OTHERS: usize = 2;

/// A fitted combination.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The candidates in it, with the weights of their inputs.
    weights: Vec<(usize, f64)>,
}

impl Fit {
    /// Fits to the labels of the architectures at `places`.
    pub fn new(field: &Field, places: &[usize], labels: &[f64]) -> Fit {
        let inputs = inputs(field, places, labels);
        let priors = inputs.iter().filter(|&&place| field.candidates[place].kind.is_prior()).count() as f64;
        let share = |place: &usize| {
            if field.candidates[*place].kind.is_prior() { PRIOR_WEIGHT / priors } else { 0.0 }
        };
        let prior: Vec<f64> = inputs.iter().map(share).collect();
        let columns: Vec<Vec<f64>> = inputs
            .iter()
            .map(|&place| centred(places.iter().map(|&arch| field.candidates[place].input[arch]).collect()))
            .collect();
        let mut target = centred(average_ranks(labels).unwrap_or_default());
        let spread = (target.iter().map(|value| value * value).sum::<f64>() / target.len() as f64).sqrt();
        target.iter_mut().for_each(|value| *value /= if spread > 0.0 { spread } else { 1.0 });
        let weights = ridge(&columns, &target, &prior);
        Fit { weights: inputs.into_iter().zip(weights).filter(|(_, weight)| *weight > 0.0).collect() }
    }

    /// The value of the combination for an architecture; `None` if no candidate has a weight.
    pub fn value(&self, field: &Field, arch: usize) -> Option<f64> {
        let weighed = self.weights.iter().map(|&(place, weight)| weight * field.candidates[place].input[arch]);
        (!self.weights.is_empty()).then(|| weighed.sum())
    }

    /// The aggregate that ranks in the same order, with weights that add up to 1; `None` if no candidate has a weight.
    pub fn aggregate(&self, field: &Field) -> Option<Aggregate> {
        let mut terms: Vec<(String, f64)> = Vec::new();
        for &(place, weight) in &self.weights {
            let Candidate { terms: own, scale, .. } = &field.candidates[place];
            for (name, times) in own {
                let more = weight / scale * times;
                match terms.iter_mut().find(|(known, _)| known == name) {
                    Some((_, sum)) => *sum += more,
                    None => terms.push((name.clone(), more)),
                }
            }
        }
        let sum: f64 = terms.iter().map(|(_, weight)| weight).sum();
        // Three decimals are more than a few labels can tell.
        terms.iter_mut().for_each(|(_, weight)| *weight = (*weight / sum * 1000.0).round() / 1000.0);
        terms.retain(|(_, weight)| *weight > 0.0);
        let (members, weights) = terms.into_iter().unzip();
        Aggregate::weighted(Rule::LogRank, members, weights).ok().filter(|aggregate| !aggregate.members.is_empty())
    }
}

/// The leave-one-out values of the combination: for each labelled architecture, its value when fitted to all the others.
pub fn left_out(field: &Field, places: &[usize], labels: &[f64]) -> Vec<Option<f64>> {
    let without = |one: usize| {
        let rest = |all: &[f64]| [&all[..one], &all[one + 1..]].concat();
        let others = [&places[..one], &places[one + 1..]].concat();
        Fit::new(field, &others, &rest(labels)).value(field, places[one])
    };
    (0..places.len()).map(without).collect()
}

/// The candidates to fit: those of the prior, and the others with the highest tau.
fn inputs(field: &Field, places: &[usize], labels: &[f64]) -> Vec<usize> {
    let usable = |place: &usize| field.candidates[*place].scale > 0.0;
    let tau = |place: usize| {
        let standings = &field.candidates[place].standings;
        let pairs: Vec<(f64, f64)> =
            places.iter().zip(labels).map(|(&arch, &label)| (standings[arch], label)).collect();
        kendall(&pairs).unwrap_or(0.0)
    };
    let mut inputs: Vec<usize> = field.priors().filter(usable).collect();
    let others = (0..field.candidates.len()).filter(usable).filter(|&place| !field.candidates[place].kind.is_prior());
    let mut others: Vec<(usize, f64)> = others.map(|place| (place, tau(place))).collect();
    others.sort_by(|a, b| b.1.total_cmp(&a.1));
    inputs.extend(others.into_iter().take(OTHERS).map(|(place, _)| place));
    inputs
}

fn centred(mut values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    values
}

/// The weights, none below 0: inputs that would get a negative weight are dropped, and the rest is fitted again.
fn ridge(columns: &[Vec<f64>], target: &[f64], prior: &[f64]) -> Vec<f64> {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut active: Vec<usize> = (0..columns.len()).collect();
    loop {
        let row = |&a: &usize| {
            let own = |&b: &usize| product(&columns[a], &columns[b]) + if a == b { PRIOR_NETWORKS } else { 0.0 };
            let right = product(&columns[a], target) + PRIOR_NETWORKS * prior[a];
            active.iter().map(own).chain([right]).collect()
        };
        let found = solve(active.iter().map(row).collect());
        let positive = |(place, weight): (&usize, &f64)| (*weight > 0.0).then_some(*place);
        let kept: Vec<usize> = active.iter().zip(&found).filter_map(positive).collect();
        if kept.len() == active.len() {
            let mut weights = vec![0.0; columns.len()];
            active.iter().zip(found).for_each(|(&place, weight)| weights[place] = weight);
            return weights;
        }
        active = kept;
    }
}

/// Solves a symmetric positive definite system by elimination; each row ends with its right-hand side.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for pivot in 0..n {
        let (above, below) = rows.split_at_mut(pivot + 1);
        let pivot_row = &above[pivot];
        for row in below {
            let factor = row[pivot] / pivot_row[pivot];
            row.iter_mut().zip(pivot_row).skip(pivot).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    let mut found = vec![0.0; n];
    for place in (0..n).rev() {
        let known: f64 = (place + 1..n).map(|other| rows[place][other] * found[other]).sum();
        found[place] = (rows[place][n] - known) / rows[place][place];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// A = np.array([[4, 1, .5], [1, 3, .25], [.5, .25, 2]]); np.linalg.solve(A, [1, 2, 3])
    /// ```
    #[test]
    fn systems_are_solved() {
        let rows = vec![vec![4.0, 1.0, 0.5, 1.0], vec![1.0, 3.0, 0.25, 2.0], vec![0.5, 0.25, 2.0, 3.0]];
        let golden = [-0.07352941176470587, 0.5705882352941176, 1.4470588235294117];
        for (found, golden) in solve(rows).iter().zip(golden) {
            assert!((found - golden).abs() < 1e-12, "{found} is not {golden}");
        }
    }

    #[test]
    fn without_labels_that_say_anything_the_prior_stays_and_what_would_be_negative_is_out() {
        let columns = vec![vec![1.0, -1.0, 1.0, -1.0], vec![1.0, 1.0, -1.0, -1.0]];
        let weights = ridge(&columns, &[0.0; 4], &[0.5, 0.0]);
        // 20 * 0.5 / (4 + 20) of the prior's weight is left.
        assert!((weights[0] - 10.0 / 24.0).abs() < 1e-12 && weights[1] == 0.0, "{weights:?}");
        let weights = ridge(&columns, &[-1.0, 1.0, -1.0, 1.0], &[0.0, 0.0]);
        assert_eq!(weights, [0.0, 0.0]);
        let weights = ridge(&columns, &[1.0, 1.0, -1.0, -1.0], &[0.0, 0.0]);
        assert!((weights[1] - 4.0 / 24.0).abs() < 1e-12, "{weights:?}");
    }
}

//! Pareto fronts of searches with several objectives, and their hypervolume.
//!
//! The hypervolume is a share of the box between the worst and the best value of each objective, over all evaluations of all searches
//! compared.

use super::curves::Quartiles;
use crate::search::Record;
use crate::strategy::dominates;
use std::cmp::Ordering;

/// One search's front.
#[derive(Clone, Debug)]
pub struct Front {
    /// Place of the search among those compared.
    pub search: usize,
    /// Names of the objectives.
    pub objectives: Vec<String>,
    /// -1 for each objective to minimise, whose values below are negated, and 1 for the others.
    pub signs: Vec<f64>,
    /// The architectures that no other of any run dominates, with their objectives; for each, more is better.
    pub points: Vec<(String, Vec<f64>)>,
    /// Hypervolume of each run at its end.
    pub hypervolumes: Vec<f64>,
    /// Hypervolume after a number of evaluations: median and quartiles over the runs.
    pub curve: Vec<(f64, Quartiles)>,
}

/// Number of points on a hypervolume curve.
const PLACES: usize = 40;

/// The fronts of all searches that have several objectives.
pub fn all(records: &[Record]) -> Vec<Front> {
    let several = records.iter().enumerate().filter(|(_, record)| record.objectives.len() > 1);
    several.map(|(search, record)| front(search, record, &Ranges::over(records, &record.objectives))).collect()
}

/// The range of each objective.
struct Ranges {
    worst: Vec<f64>,
    best: Vec<f64>,
}

impl Ranges {
    fn over(records: &[Record], objectives: &[String]) -> Self {
        let mut found =
            Ranges { worst: vec![f64::INFINITY; objectives.len()], best: vec![f64::NEG_INFINITY; objectives.len()] };
        for record in records.iter().filter(|record| record.objectives == objectives) {
            for values in record.runs.iter().flat_map(|run| &run.steps).map(|step| &step.objectives) {
                for (place, value) in values.iter().enumerate() {
                    let Some(value) = value else { continue };
                    found.worst[place] = found.worst[place].min(*value);
                    found.best[place] = found.best[place].max(*value);
                }
            }
        }
        found
    }

    /// Objectives as shares of their ranges.
    fn shares(&self, values: &[f64]) -> Vec<f64> {
        let range = |place: usize| (self.best[place] - self.worst[place]).max(f64::MIN_POSITIVE);
        values.iter().enumerate().map(|(place, value)| (value - self.worst[place]) / range(place)).collect()
    }
}

fn front(search: usize, record: &Record, range: &Ranges) -> Front {
    let mut points: Vec<(String, Vec<f64>)> = Vec::new();
    for step in record.runs.iter().flat_map(|run| &run.steps) {
        if let Some(values) = step.objectives.iter().copied().collect::<Option<Vec<f64>>>() {
            points.push((step.arch.clone(), values));
        }
    }
    points.sort_by(|a, b| b.1[0].total_cmp(&a.1[0]).then_with(|| a.0.cmp(&b.0)));
    points.dedup();
    let best = first_front(&points.iter().map(|(_, values)| values.clone()).collect::<Vec<_>>());
    let of_runs: Vec<Vec<Vec<f64>>> = record
        .runs
        .iter()
        .map(|run| {
            let values =
                run.steps.iter().filter_map(|step| step.objectives.iter().copied().collect::<Option<Vec<f64>>>());
            values.map(|values| range.shares(&values)).collect()
        })
        .collect();
    let after = |count: usize| -> Vec<f64> {
        of_runs.iter().map(|points| hypervolume(&points[..count.min(points.len())])).collect()
    };
    let longest = of_runs.iter().map(Vec::len).max().unwrap_or_default();
    let mut places: Vec<usize> =
        (1..=PLACES).map(|place| (longest * place).div_ceil(PLACES)).filter(|place| *place > 0).collect();
    places.dedup();
    let curve = places.into_iter().filter_map(|count| Some((count as f64, Quartiles::of(after(count).into_iter())?)));
    Front {
        search,
        objectives: record.objectives.clone(),
        signs: record.objectives.iter().map(|name| sign(record, name)).collect(),
        curve: curve.collect(),
        hypervolumes: after(longest),
        points: best.into_iter().map(|place| points[place].clone()).collect(),
    }
}

/// -1 for an objective to minimise, of which a search is told the negative; otherwise 1.
pub(super) fn sign(record: &Record, objective: &str) -> f64 {
    let minimised = record.manifest["minimise"].as_array();
    let is = minimised.is_some_and(|names| names.iter().any(|name| name.as_str() == Some(objective)));
    if is { -1.0 } else { 1.0 }
}

/// The places of the points that no other dominates, in their order.
fn first_front(points: &[Vec<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| objective_by_objective(&points[b], &points[a]));
    // Whatever dominates a point comes before it, and either is on the front or is itself dominated by a point of the front.
    let mut front: Vec<usize> = Vec::new();
    for place in order {
        if !front.iter().any(|&better| dominates(&points[better], &points[place])) {
            front.push(place);
        }
    }
    front.sort_unstable();
    front
}

/// Compares two points by the first objective in which they differ; the two zeros are equal.
fn objective_by_objective(a: &[f64], b: &[f64]) -> Ordering {
    let each = a.iter().zip(b).map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
    each.fold(Ordering::Equal, Ordering::then)
}

/// The share of the unit box that points dominate; for each coordinate, more is better.
///
/// By slices along the last coordinate (HSO; While et al. 2006).
fn hypervolume(points: &[Vec<f64>]) -> f64 {
    let front = first_front(points);
    let mut front: Vec<&[f64]> = front.iter().map(|&place| points[place].as_slice()).collect();
    sliced(&mut front)
}

fn sliced(points: &mut [&[f64]]) -> f64 {
    let Some(first) = points.first() else { return 0.0 };
    let last = first.len() - 1;
    if last == 0 {
        return points.iter().map(|point| point[0]).fold(0.0, f64::max);
    }
    points.sort_by(|a, b| b[last].total_cmp(&a[last]));
    let mut volume = 0.0;
    for count in 1..=points.len() {
        let below = points.get(count).map_or(0.0, |point| point[last]);
        let height = points[count - 1][last] - below;
        if height > 0.0 {
            let mut above: Vec<&[f64]> = points[..count].iter().map(|point| &point[..last]).collect();
            volume += height * sliced(&mut above);
        }
    }
    volume
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::fronts;
    use zeronas_random::Stream;

    #[test]
    fn the_front_is_the_first_of_all_fronts() {
        let stream = Stream::new("front", 0);
        for objectives in 1..=4 {
            // Few levels, so that many points are equal in some objectives or all.
            let level = |place: usize| stream.below(place as u64, 6) as f64 - 2.0;
            let points: Vec<Vec<f64>> = (0..200)
                .map(|point| (0..objectives).map(|place| -level(1000 * objectives + 4 * point + place)).collect())
                .collect();
            let all = fronts(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
            assert_eq!(first_front(&points), all[0], "{objectives} objectives");
        }
        assert_eq!(first_front(&[vec![0.0, 1.0], vec![-0.0, 2.0]]), [1]);
        assert!(first_front(&[]).is_empty());
    }

    #[test]
    fn hypervolumes_are_those_worked_out_by_hand() {
        let volume = |points: &[&[f64]]| hypervolume(&points.iter().map(|point| point.to_vec()).collect::<Vec<_>>());
        assert_eq!(volume(&[]), 0.0);
        assert_eq!(volume(&[&[0.5, 0.5]]), 0.25);
        // Two rectangles of 0.5 with 0.25 in common, and a dominated point.
        assert_eq!(volume(&[&[0.5, 1.0], &[1.0, 0.5], &[0.5, 0.5]]), 0.75);
        // Three boxes of 0.5 that share halves: 1 less the octant that none reaches.
        let three = [[0.5, 1.0, 1.0], [1.0, 0.5, 1.0], [1.0, 1.0, 0.5]];
        assert_eq!(volume(&[&three[0], &three[1], &three[2]]), 0.875);
    }
}

//! How the best target and the precision among the top k grow with k, for figures and tables.

use super::measure::{Measure, Prepared};
use super::summary::Joined;
use std::num::NonZeroUsize;

/// Number of points on the curve per decade of k.
const PER_DECADE: f64 = 12.0;

/// One proxy's curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The target.
    pub target: String,
    /// The proxy.
    pub proxy: String,
    /// For each k: the best target among the top k, and the precision.
    pub points: Vec<(usize, f64, f64)>,
}

/// Computes the curve of one proxy, over k from 1 to all, evenly spaced in log k.
pub fn curve(joined: &Joined<'_>) -> Curve {
    let n = joined.sample.observations.len();
    let last = (n.max(1) as f64).log10() * PER_DECADE;
    let mut ks: Vec<usize> = (0..=last.ceil() as usize)
        .map(|step| 10_f64.powf(step as f64 / PER_DECADE).round() as usize)
        .map(|k| k.min(n))
        .collect();
    ks.dedup();
    let measures = ks.iter().copied().filter_map(NonZeroUsize::new);
    let measures: Vec<Measure> = measures.flat_map(|k| [Measure::BestTop(k), Measure::Precision(k)]).collect();
    let found = Prepared::new(&joined.sample.observations, measures, joined.direction.sign()).evaluate(&vec![1; n]);
    let points = ks.iter().zip(found.chunks(2)).filter_map(|(&k, found)| Some((k, found[0]?, found[1]?)));
    Curve { target: joined.target.to_owned(), proxy: joined.proxy.to_owned(), points: points.collect() }
}

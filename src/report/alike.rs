//! Which proxies say the same: Spearman's rho of every two, over the architectures that both rank.

use super::average::{ProxyReadings, Readings};
use super::join::{BadPolicy, Direction, standing};
use super::statistics::spearman;

/// How two proxies rank alike.
#[derive(Clone, Debug)]
pub struct Alike {
    /// The first proxy.
    pub a: String,
    /// The second; may be the first.
    pub b: String,
    /// How many architectures both rank.
    pub n: usize,
    /// Spearman's rho of their standings, signed as the scores are.
    pub spearman: Option<f64>,
}

/// Every proxy with every proxy, row by row of the matrix.
pub fn alike(readings: &Readings, direction: &dyn Fn(&str) -> Direction, bad: BadPolicy) -> Vec<Alike> {
    let standings: Vec<Vec<Option<f64>>> = readings
        .proxies
        .iter()
        .map(|proxy| {
            let direction = direction(&proxy.proxy);
            let of = |reading: &Option<_>| reading.as_ref().and_then(|reading| standing(reading, direction, bad));
            proxy.readings.iter().map(of).collect()
        })
        .collect();
    let one = |(a, of_a): (&ProxyReadings, &Vec<Option<f64>>), (b, of_b): (&ProxyReadings, &Vec<Option<f64>>)| {
        let both: Vec<(f64, f64)> = of_a.iter().zip(of_b).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
        Alike { a: a.proxy.clone(), b: b.proxy.clone(), n: both.len(), spearman: spearman(&both) }
    };
    let all = || readings.proxies.iter().zip(&standings);
    all().flat_map(|a| all().map(move |b| one(a, b))).collect()
}

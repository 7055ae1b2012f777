//! How well a proxy agrees with itself over seeds, that is, with other weights and minibatches but the same architectures. What a proxy
//! does not reproduce it cannot predict, so this is a ceiling for its correlation with anything.

use std::collections::BTreeMap;

use super::average::one_seed;
use super::error::Result;
use super::join::{BadPolicy, Direction, standing};
use super::scores::Scores;
use super::statistics::{reliable, spearman};

/// Largest number of seeds that are compared, every two of them.
const MOST_SEEDS: usize = 6;

/// How alike a proxy ranks under different seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedSpread {
    /// The proxy.
    pub proxy: String,
    /// How many seeds it was scored under.
    pub seeds: usize,
    /// Smallest number of architectures that two seeds have in common.
    pub n: usize,
    /// Mean Spearman's rho between two seeds.
    pub mean: f64,
    /// The smallest and the largest rho between two seeds.
    pub range: (f64, f64),
    /// About the most that the mean over all seeds can correlate with anything: the square root of its reliability.
    pub ceiling: Option<f64>,
}

/// Measures the spread of every proxy that was scored under several seeds, over the architectures for which `keep` is true.
///
/// # Errors
/// As [`average`](super::average::average).
pub fn spread(
    scores: &Scores,
    keep: &dyn Fn(&str) -> bool,
    direction: &dyn Fn(&str) -> Direction,
    bad: BadPolicy,
) -> Result<Vec<SeedSpread>> {
    let kept: Vec<bool> = scores.archs.iter().map(|arch| keep(arch)).collect();
    let mut found = Vec::new();
    for rows in scores.rows.chunk_by(|a, b| a.proxy == b.proxy) {
        let proxy = &scores.proxies[rows[0].proxy];
        let direction = direction(proxy);
        let mut by_seed: BTreeMap<u64, Vec<Option<f64>>> = BTreeMap::new();
        for (row, reading) in rows.iter().zip(one_seed(scores, rows)).filter(|(row, _)| kept[row.arch]) {
            let standings = by_seed.entry(row.seed).or_insert_with(|| vec![None; kept.len()]);
            standings[row.arch] = standing(&reading?, direction, bad);
        }
        let seeds: Vec<&Vec<Option<f64>>> = by_seed.values().take(MOST_SEEDS).collect();
        let pairs = seeds.iter().enumerate().flat_map(|(place, a)| seeds[place + 1..].iter().map(move |b| (a, b)));
        let compared: Vec<(usize, f64)> = pairs
            .filter_map(|(a, b)| {
                let both: Vec<(f64, f64)> = a.iter().zip(*b).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
                Some((both.len(), spearman(&both)?))
            })
            .collect();
        let Some(n) = compared.iter().map(|pair| pair.0).min() else { continue };
        let mean = compared.iter().map(|pair| pair.1).sum::<f64>() / compared.len() as f64;
        let ends = compared.iter().fold((1.0_f64, -1.0_f64), |ends, pair| (ends.0.min(pair.1), ends.1.max(pair.1)));
        let ceiling = reliable(mean, by_seed.len());
        found.push(SeedSpread { proxy: proxy.clone(), seeds: by_seed.len(), n, mean, range: ends, ceiling });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::scores;
    use super::*;

    #[test]
    fn a_proxy_is_compared_with_itself_under_other_seeds() {
        let mut lines = String::new();
        for (arch, values) in [("a", [1, 1]), ("b", [2, 3]), ("c", [3, 2]), ("d", [4, 4])] {
            for (seed, value) in values.into_iter().enumerate() {
                lines += &format!("{arch},zen,{seed},{value},,ok,1\n");
            }
            lines += &format!("{arch},params,0,1,,ok,1\n");
        }
        let scores = scores(&lines);
        let found = spread(&scores, &|_| true, &|_| Direction::Higher, BadPolicy::Worst).unwrap();
        assert_eq!(found.len(), 1, "one seed is no spread");
        let zen = &found[0];
        // `spearmanr([1, 2, 3, 4], [1, 3, 2, 4])` is 0.8; the reliability of the mean of two is 2 * 0.8 / 1.8, and its root the ceiling.
        assert_eq!((zen.seeds, zen.n), (2, 4));
        assert!((zen.mean - 0.8).abs() < 1e-12 && (zen.ceiling.unwrap() - (1.6_f64 / 1.8).sqrt()).abs() < 1e-12);
        let fewer = spread(&scores, &|arch| arch != "c", &|_| Direction::Higher, BadPolicy::Worst).unwrap();
        assert_eq!((fewer[0].n, fewer[0].mean), (3, 1.0));
    }
}

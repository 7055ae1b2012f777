//! Normalised discounted cumulative gain: how early in a ranking the good architectures come.
//!
//! `nDCG_k = DCG_k / ideal DCG_k` with `DCG_k = sum over places j = 1..k of (2^t_j - 1) / log2(j + 1)`, where `t_j` is the target at
//! place j. This is the measure of VKDNW (Tybl & Neumann, CVPR 2025), whose published values on the 9,445 topologies without dead edges
//! are reproduced within 0.005 with accuracies in percent and k = 1000 (FLOPs: .741 and .573 against .745 and .576). The gain
//! is that of Burges et al. 2005. Equal standings share the mean of their gains, as in scikit-learn: the value is
//! `sklearn.metrics.ndcg_score([2**t - 1], [score], k=k)`.

use super::ordered::Ordered;

/// What nDCG needs besides the order.
pub struct Gains {
    /// `2^t - 1`, by row.
    gain: Vec<f64>,
    /// Sum of the discounts of the first i places, for i up to the largest k.
    discounts: Vec<f64>,
}

impl Gains {
    /// Prepares the gains; `None` where a target is negative, or so large that the gains overflow: nDCG is not defined then.
    pub fn new(targets: &[f64], largest_k: usize) -> Option<Self> {
        let gain: Vec<f64> = targets.iter().map(|target| target.exp2() - 1.0).collect();
        if targets.iter().any(|&target| target < 0.0) || !gain.iter().sum::<f64>().is_finite() {
            return None;
        }
        let mut discounts = vec![0.0];
        let mut sum = 0.0;
        for place in 1..=largest_k.min(targets.len()) {
            sum += 1.0 / ((place + 1) as f64).log2();
            discounts.push(sum);
        }
        Some(Gains { gain, discounts })
    }

    /// Computes nDCG at `k` of the rows in `ordered`, whose targets these are, with row `i` counted `counts[i]` times; `None` where
    /// there are fewer than `k` rows, or none has any gain.
    pub fn ndcg(&self, ordered: &Ordered, counts: &[u32], k: usize) -> Option<f64> {
        let ranked = ordered.ranked.chunk_by(|a, b| a.standing == b.standing);
        let found = self.cumulated(ranked.map(|equal| equal.iter().map(|place| place.row)), counts, k)?;
        let ideal = self.cumulated(ordered.by_target.iter().map(|(row, _)| std::iter::once(*row)), counts, k)?;
        (ideal > 0.0).then(|| (found / ideal).min(1.0))
    }

    /// DCG of groups of rows, best group first, the rows of a group sharing their gain.
    fn cumulated<G: Iterator<Item = usize>>(
        &self,
        groups: impl Iterator<Item = G>,
        counts: &[u32],
        k: usize,
    ) -> Option<f64> {
        let (mut before, mut sum) = (0, 0.0);
        for group in groups {
            let (mut size, mut gain) = (0, 0.0);
            for row in group {
                size += counts[row] as usize;
                gain += f64::from(counts[row]) * self.gain[row];
            }
            if size == 0 {
                continue;
            }
            let places = self.discounts.get((before + size).min(k))? - self.discounts[before];
            sum += gain / size as f64 * places;
            before += size;
            if before >= k {
                return Some(sum);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
        let targets: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
        Gains::new(&targets, k)?.ndcg(&Ordered::new(pairs)?, &vec![1; pairs.len()], k)
    }

    fn assert_close(found: Option<f64>, golden: f64) {
        assert!(found.is_some_and(|found| (found - golden).abs() < 1e-12), "{found:?} is not {golden}");
    }

    /// scikit-learn 1.9.1:
    ///
    /// ```python
    /// x = np.array([(i * i) % 101 % 23 for i in range(500)], float)      # many ties
    /// y = np.array([(7 * i + i * i * i) % 103 % 31 + i / 50 for i in range(500)])
    /// [ndcg_score([2**y - 1], [x], k=k) for k in (1, 10, 100, 500)]
    /// z = np.array([(i * i * 7919) % 10007 for i in range(500)], float)  # hardly any
    /// [ndcg_score([2**y - 1], [z], k=k) for k in (1, 10, 100, 500)]
    /// ```
    #[test]
    fn it_is_what_scikit_learn_says() {
        let y = |i: u64| ((7 * i + i * i * i) % 103 % 31) as f64 + i as f64 / 50.0;
        let tied: Vec<(f64, f64)> = (0..500).map(|i| (((i * i) % 101 % 23) as f64, y(i))).collect();
        let free: Vec<(f64, f64)> = (0..500).map(|i| (((i * i * 7919) % 10007) as f64, y(i))).collect();
        for (k, of_tied, of_free) in [
            (1, 0.008593493237361418, 1.2759460868940552e-06),
            (10, 0.017184332280007555, 1.0558350042941674e-05),
            (100, 0.09610766241151747, 0.025063026901701778),
            (500, 0.28601117834101664, 0.2513844213337529),
        ] {
            assert_close(at(&tied, k), of_tied);
            assert_close(at(&free, k), of_free);
        }
    }

    /// `ndcg_score` of the rows repeated by their counts.
    #[test]
    fn counts_are_repeated_rows() {
        let pairs = [(3.0, 1.0), (2.0, 4.0), (2.0, 2.0), (1.0, 5.0)];
        let counts = [2, 1, 3, 1];
        let repeated: Vec<(f64, f64)> =
            pairs.iter().zip(counts).flat_map(|(&pair, count)| vec![pair; count as usize]).collect();
        let targets: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
        // As many places as the resample has rows.
        let gains =
            Gains { discounts: Gains::new(&[0.0; 7], 7).unwrap().discounts, ..Gains::new(&targets, 4).unwrap() };
        for k in [1, 3, 5, 7] {
            assert_close(gains.ndcg(&Ordered::new(&pairs).unwrap(), &counts, k), at(&repeated, k).unwrap());
        }
    }

    #[test]
    fn it_is_undefined_for_negative_targets_or_no_gain() {
        assert_eq!(at(&[(1.0, -1.0), (2.0, 3.0)], 1), None);
        assert_eq!(at(&[(1.0, 2000.0), (2.0, 3.0)], 1), None);
        assert_eq!(at(&[(1.0, 0.0), (2.0, 0.0)], 1), None);
        assert_eq!(at(&[(1.0, 1.0), (2.0, 1.0)], 3), None);
    }
}

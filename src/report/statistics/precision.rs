//! Precision at k: the share of the k best by score that are among the k best by target.
//!
//! Where the k-th place falls among ties, on either side, each of the tied rows belongs to the k with the probability that a
//! fair draw gives it, and the precision is the expectation.

use super::ordered::{Head, Ordered};

/// Computes the precision of a head of `k` that was taken from `ordered` with the same counts.
pub fn precision(ordered: &Ordered, head: &Head<'_>, counts: &[u32], k: usize) -> Option<f64> {
    let wanted = u32::try_from(k).ok()?;
    let mut above = 0;
    let mut cut = None;
    for equal in ordered.by_target.chunk_by(|a, b| a.1 == b.1) {
        let size: u32 = equal.iter().map(|(row, _)| counts[*row]).sum();
        if above + size >= wanted {
            cut = Some((equal[0].1, f64::from(wanted - above) / f64::from(size)));
            break;
        }
        above += size;
    }
    let (cut, share_at_cut) = cut?;
    let among_best = |target: f64| match target {
        target if target > cut => 1.0,
        target if target == cut => share_at_cut,
        _ => 0.0,
    };
    let hits = |places: &[super::ordered::Place]| -> f64 {
        places.iter().map(|place| f64::from(counts[place.row]) * among_best(place.target)).sum()
    };
    Some((hits(head.certain) + head.share() * hits(head.tied)) / k as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
        let (ordered, counts) = (Ordered::new(pairs)?, vec![1; pairs.len()]);
        let head = ordered.head(&counts, k)?;
        precision(&ordered, &head, &counts, k)
    }

    /// ```python
    /// x = [(i * i) % 1009 for i in range(500)]; y = [(7 * i + i * i * i) % 1013 + i / 1000 for i in range(500)]
    /// # no ties within the first 100 of either
    /// top = lambda v: set(np.argsort(-np.array(v), kind="stable")[:k])
    /// len(top(x) & top(y)) / k   # k = 10, 100
    /// ```
    #[test]
    fn without_ties_it_is_the_overlap_of_two_sets() {
        let pairs: Vec<(f64, f64)> = (0..500_u64)
            .map(|i| (((i * i) % 1009) as f64, ((7 * i + i * i * i) % 1013) as f64 + i as f64 / 1000.0))
            .collect();
        assert_eq!(at(&pairs, 10), Some(0.0));
        assert_eq!(at(&pairs, 100), Some(0.22));
        assert_eq!(at(&pairs, 500), Some(1.0));
        assert_eq!(at(&pairs, 501), None);
    }

    /// k = 2 of scores 9 | 5 5 and targets 1 | 8 8 in the same rows: the first is certain and no hit; one of the other
    /// two is taken, and both are among the two best targets: 1 / 2. With targets 8 | 8 8, each row is among the best
    /// with 2/3, so (2/3 + 1/2 * 4/3) / 2 = 2 / 3.
    #[test]
    fn ties_count_by_expectation() {
        assert_eq!(at(&[(9.0, 1.0), (5.0, 8.0), (5.0, 8.0)], 2), Some(0.5));
        assert!((at(&[(9.0, 8.0), (5.0, 8.0), (5.0, 8.0)], 2).unwrap() - 2.0 / 3.0).abs() < 1e-15);
    }
}

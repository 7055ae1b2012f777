//! How good the best architecture among the top k of a ranking is.

use super::ordered::{Head, Ordered};

/// The best target among the `k` best by standing; `None` where fewer than `k` are ranked or `k` is 0.
///
/// Where the k-th place falls among equal standings, the value is the expectation over which of those are taken: every
/// choice is equally likely. So neither the spelling of architectures nor their order in a file moves it.
pub fn best_in_top(pairs: &[(f64, f64)], k: usize) -> Option<f64> {
    let counts = vec![1; pairs.len()];
    Some(best(&Ordered::new(pairs)?.head(&counts, k)?, &counts))
}

/// Returns the best target of a head. The regret is how far it falls short of the best target there is.
pub fn best(head: &Head<'_>, counts: &[u32]) -> f64 {
    let present = head.certain.iter().filter(|place| counts[place.row] > 0);
    let floor = present.map(|place| place.target).fold(f64::NEG_INFINITY, f64::max);
    // Ties are in the order of their targets, so the first one taken is the best of them.
    let (mut expected, mut none_yet, mut left) = (0.0, 1.0, head.among);
    let highest = head.tied.iter().find(|place| counts[place.row] > 0).map_or(floor, |place| place.target.max(floor));
    for place in head.tied {
        for _ in 0..counts[place.row] {
            let taken = (f64::from(head.take) / f64::from(left)).min(1.0);
            expected += none_yet * taken * place.target.max(floor);
            none_yet *= 1.0 - taken;
            left -= 1;
        }
        if none_yet == 0.0 {
            break;
        }
    }
    // Rounding may lift the sum above the best target it averages, which would be printed as better than the best there is.
    expected.min(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_the_top_k_is_found() {
        let seen = [(1.0, 50.0), (2.0, 90.0), (3.0, 70.0)];
        assert_eq!(best_in_top(&seen, 1), Some(70.0));
        assert_eq!(best_in_top(&seen, 2), Some(90.0));
    }

    #[test]
    fn fewer_than_k_have_no_top_k() {
        assert_eq!((best_in_top(&[(1.0, 50.0)], 0), best_in_top(&[(1.0, 50.0)], 2)), (None, None));
    }

    /// One certain place (60) and two of {90, 70, 50}: the pairs' best are 90, 90 and 70, so 250 / 3.
    #[test]
    fn ties_give_the_expectation_over_equal_choices() {
        let seen = [(5.0, 60.0), (4.0, 70.0), (4.0, 90.0), (4.0, 50.0), (1.0, 99.0)];
        let found = best_in_top(&seen, 3).unwrap();
        assert!((found - 250.0 / 3.0).abs() < 1e-12, "{found}");
        // One of the three: 90, 70 and (the certain one beating 50) 60.
        let found = best_in_top(&seen, 2).unwrap();
        assert!((found - 220.0 / 3.0).abs() < 1e-12, "{found}");
        assert_eq!(best_in_top(&seen, 4), Some(90.0));
    }

    /// Whatever the sum of the shares rounds to.
    #[test]
    fn the_best_of_the_top_k_is_never_above_the_best_there_is() {
        for ties in 2..200 {
            let seen: Vec<(f64, f64)> = (0..ties).map(|_| (1.0, 94.195)).collect();
            for k in 1..=ties {
                let found = best_in_top(&seen, k).unwrap();
                assert!(found <= 94.195 && found > 94.194_999, "{k} of {ties}: {found}");
            }
        }
    }

    #[test]
    fn bad_rows_at_infinity_come_last() {
        let seen = [(f64::NEG_INFINITY, 99.0), (1.0, 10.0)];
        assert_eq!(best_in_top(&seen, 1), Some(10.0));
        assert_eq!(best_in_top(&seen, 2), Some(99.0));
    }

    /// Taken twice, a row is two places; taken never, it is none.
    #[test]
    fn counts_are_repeated_rows() {
        let ordered = Ordered::new(&[(3.0, 70.0), (2.0, 90.0), (1.0, 95.0)]).unwrap();
        let at = |counts: &[u32], k| ordered.head(counts, k).map(|head| best(&head, counts));
        assert_eq!(at(&[2, 1, 0], 2), Some(70.0));
        assert_eq!(at(&[0, 1, 1], 1), Some(90.0));
        assert_eq!(at(&[0, 1, 1], 3), None);
    }
}

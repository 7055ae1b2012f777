//! How good the best architecture among the top k of a ranking is.

use super::bootstrap::Observation;
use super::join::Direction;

/// The best target among the `k` best by standing; `None` where fewer than `k` are ranked or `k` is 0.
///
/// Where the k-th place falls among equal standings, the value is the expectation over which of those are taken: every
/// choice is equally likely. So neither the spelling of architectures nor their order in a file moves it.
pub fn best_in_top(observations: &[Observation], k: usize, direction: Direction) -> Option<f64> {
    if k == 0 || k > observations.len() {
        return None;
    }
    let mut ranked: Vec<&Observation> = observations.iter().collect();
    ranked.sort_unstable_by(|a, b| {
        let up = a.standing.total_cmp(&b.standing);
        if direction == Direction::Higher { up.reverse() } else { up }
    });
    let last = ranked[k - 1].standing;
    let certain = ranked.iter().take_while(|seen| seen.standing != last).count();
    let mut tied: Vec<f64> =
        ranked[certain..].iter().take_while(|seen| seen.standing == last).map(|seen| seen.target).collect();
    tied.sort_unstable_by(|a, b| b.total_cmp(a));
    let floor = ranked[..certain].iter().map(|seen| seen.target).fold(f64::NEG_INFINITY, f64::max);
    Some(expected_best(&tied, k - certain, floor))
}

/// The expectation of the largest of `floor` and `take` of `tied` (descending), all choices being equally likely.
fn expected_best(tied: &[f64], take: usize, floor: f64) -> f64 {
    let (mut expected, mut none_yet) = (0.0, 1.0);
    for (better, &target) in tied.iter().enumerate() {
        let left = tied.len() - better;
        let taken = (take as f64 / left as f64).min(1.0);
        expected += none_yet * taken * target.max(floor);
        none_yet *= 1.0 - taken;
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observations(pairs: &[(f64, f64)]) -> Vec<Observation> {
        pairs.iter().map(|&(standing, target)| Observation { standing, value: None, target }).collect()
    }

    #[test]
    fn top_k_follows_the_direction() {
        let seen = observations(&[(1.0, 50.0), (2.0, 90.0), (3.0, 70.0)]);
        assert_eq!(best_in_top(&seen, 1, Direction::Higher), Some(70.0));
        assert_eq!(best_in_top(&seen, 2, Direction::Higher), Some(90.0));
        assert_eq!(best_in_top(&seen, 1, Direction::Lower), Some(50.0));
    }

    #[test]
    fn fewer_than_k_have_no_top_k() {
        let seen = observations(&[(1.0, 50.0)]);
        assert_eq!((best_in_top(&seen, 0, Direction::Higher), best_in_top(&seen, 2, Direction::Higher)), (None, None));
    }

    /// One certain place (60) and two of {90, 70, 50}: the pairs' best are 90, 90 and 70, so 250 / 3.
    #[test]
    fn ties_give_the_expectation_over_equal_choices() {
        let seen = observations(&[(5.0, 60.0), (4.0, 70.0), (4.0, 90.0), (4.0, 50.0), (1.0, 99.0)]);
        let found = best_in_top(&seen, 3, Direction::Higher).unwrap();
        assert!((found - 250.0 / 3.0).abs() < 1e-12, "{found}");
        // One of the three: 90, 70 and (the certain one beating 50) 60.
        let found = best_in_top(&seen, 2, Direction::Higher).unwrap();
        assert!((found - 220.0 / 3.0).abs() < 1e-12, "{found}");
        assert_eq!(best_in_top(&seen, 4, Direction::Higher), Some(90.0));
    }

    #[test]
    fn bad_rows_at_infinity_come_last() {
        let seen = observations(&[(f64::NEG_INFINITY, 99.0), (1.0, 10.0)]);
        assert_eq!(best_in_top(&seen, 1, Direction::Higher), Some(10.0));
        assert_eq!(best_in_top(&seen, 2, Direction::Higher), Some(99.0));
    }
}

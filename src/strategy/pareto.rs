//! Several objectives at once, all to be maximised: which points dominate which, and how crowded a point is.
//!
//! Source: Deb et al. 2002 (NSGA-II).

/// Whether `a` is nowhere worse than `b` and somewhere better.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
}

/// Returns the points' indices, front by front. No point dominates one of the first front, and only points of earlier fronts dominate one of
/// a later front. All points have the same number of objectives and no NaN. Within a front they keep their order.
pub fn fronts(points: &[&[f64]]) -> Vec<Vec<usize>> {
    let mut dominators: Vec<usize> = vec![0; points.len()];
    let mut dominated: Vec<Vec<usize>> = vec![Vec::new(); points.len()];
    for (a, one) in points.iter().enumerate() {
        for (b, other) in points.iter().enumerate() {
            if dominates(one, other) {
                dominated[a].push(b);
                dominators[b] += 1;
            }
        }
    }
    let mut fronts = Vec::new();
    let mut front: Vec<usize> = (0..points.len()).filter(|&point| dominators[point] == 0).collect();
    while !front.is_empty() {
        let mut next = Vec::new();
        for &better in &front {
            for &worse in &dominated[better] {
                dominators[worse] -= 1;
                if dominators[worse] == 0 {
                    next.push(worse);
                }
            }
        }
        next.sort_unstable();
        fronts.push(std::mem::replace(&mut front, next));
    }
    fronts
}

/// Crowding distances: how far apart the neighbours of each point of a front are, relative to the range of the front and summed over the
/// objectives; infinite for the end points of an objective.
pub fn crowding(front: &[&[f64]]) -> Vec<f64> {
    let mut distances = vec![0.0; front.len()];
    for objective in 0..front.first().map_or(0, |point| point.len()) {
        let value = |point: usize| front[point][objective];
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        let [first, last] = [order[0], order[order.len() - 1]];
        let range = value(last) - value(first);
        if range > 0.0 {
            for window in order.windows(3) {
                distances[window[1]] += (value(window[2]) - value(window[0])) / range;
            }
        }
        distances[first] = f64::INFINITY;
        distances[last] = f64::INFINITY;
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [&[f64]; 7] =
        [&[1.0, 5.0], &[2.0, 3.0], &[4.0, 1.0], &[1.0, 4.0], &[0.0, 0.0], &[2.0, 2.0], &[2.0, 3.0]];

    #[test]
    fn fronts_are_those_worked_out_by_hand() {
        // (1, 5), (2, 3) twice and (4, 1) are dominated by none; (1, 4) by (1, 5), (2, 2) by (2, 3); (0, 0) by all.
        assert_eq!(fronts(&POINTS), [vec![0, 1, 2, 6], vec![3, 5], vec![4]]);
        assert_eq!(fronts(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn one_objective_makes_fronts_of_equal_values() {
        assert_eq!(fronts(&[&[1.0], &[3.0], &[2.0], &[3.0]]), [vec![1, 3], vec![2], vec![0]]);
    }

    #[test]
    fn crowding_is_that_worked_out_by_hand() {
        let front: [&[f64]; 4] = [&[0.0, 10.0], &[4.0, 0.0], &[1.0, 6.0], &[2.0, 5.0]];
        // Ranges 4 and 10: (2 - 0) / 4 + (10 - 5) / 10 and (4 - 1) / 4 + (6 - 0) / 10.
        let expected = [f64::INFINITY, f64::INFINITY, 1.0, 1.35];
        for (distance, expected) in crowding(&front).into_iter().zip(expected) {
            assert!(distance == expected || (distance - expected).abs() < 1e-12, "{distance}, not {expected}");
        }
        assert_eq!(crowding(&[&[1.0, 2.0]]), [f64::INFINITY]);
        assert_eq!(crowding(&[&[1.0], &[1.0], &[1.0]]), [f64::INFINITY, 0.0, f64::INFINITY], "a range of nothing");
    }
}

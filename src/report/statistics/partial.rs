//! Spearman's rho of two readings given a third: what is left of it once the third's rank is removed from both.
//!
//! `(r_xy - r_xz r_yz) / sqrt((1 - r_xz^2) (1 - r_yz^2))` with Spearman's rho for each r. With z the number of parameters it
//! answers whether a proxy is more than a measure of size.

use super::{Classes, Moments};

/// How much of a side must be left for the rest to be more than rounding.
const LEAST_LEFT: f64 = 1e-9;

/// Triples prepared for any multiset of their rows.
pub struct Partial {
    rows: Vec<usize>,
    sides: [Classes; 3],
}

impl Partial {
    /// Takes (row, [x, y, z]), where `row` is the place in the counts given later. `None` when a value is NaN.
    pub fn new(triples: &[(usize, [f64; 3])]) -> Option<Self> {
        let side = |side: usize| Classes::of(&triples.iter().map(|triple| triple.1[side]).collect::<Vec<_>>());
        Some(Partial { rows: triples.iter().map(|triple| triple.0).collect(), sides: [side(0)?, side(1)?, side(2)?] })
    }

    /// Computes the partial rho with row `i` counted `counts[i]` times; `None` where a side is constant, or where the ranks of x or y are
    /// a linear function of those of z.
    pub fn spearman(&self, counts: &[u32]) -> Option<f64> {
        let ranks = [0, 1, 2].map(|side: usize| {
            let members = self.sides[side].class.iter().zip(&self.rows);
            self.sides[side].twice_centred_ranks(members.map(|(&class, &row)| (class, counts[row])))
        });
        let (mut xy, mut xz, mut yz) = (Moments::default(), Moments::default(), Moments::default());
        for (place, &row) in self.rows.iter().enumerate().filter(|(_, row)| counts[**row] > 0) {
            let [x, y, z] = [0, 1, 2].map(|side: usize| ranks[side][self.sides[side].class[place] as usize]);
            xy.add(counts[row], x, y);
            xz.add(counts[row], x, z);
            yz.add(counts[row], y, z);
        }
        let (xy, xz, yz) = (xy.correlation()?, xz.correlation()?, yz.correlation()?);
        let (left_x, left_y) = (1.0 - xz * xz, 1.0 - yz * yz);
        let defined = left_x > LEAST_LEFT && left_y > LEAST_LEFT;
        defined.then(|| ((xy - xz * yz) / left_x.sqrt() / left_y.sqrt()).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// x = [(i * i) % 101 % 23 for i in range(500)]
    /// y = [(7 * i + i * i * i) % 103 % 31 + i // 50 for i in range(500)]
    /// z = [(i * 5) % 17 + i // 100 for i in range(500)]
    /// def partial(*v):   # by residuals of ranks
    ///     x, y, z = map(rankdata, v); Z = np.c_[np.ones(len(z)), z]
    ///     free = lambda a: a - Z @ np.linalg.lstsq(Z, a, rcond=None)[0]
    ///     return pearsonr(free(x), free(y))[0]
    /// partial(x, y, z), partial(y, z, x)
    /// ```
    #[test]
    fn it_is_the_correlation_of_what_regression_leaves() {
        let side = |i: u64| {
            [
                ((i * i) % 101 % 23) as f64,
                ((7 * i + i * i * i) % 103 % 31 + i / 50) as f64,
                ((i * 5) % 17 + i / 100) as f64,
            ]
        };
        let of = |order: [usize; 3]| {
            let triples: Vec<_> = (0..500).map(|i| (i as usize, order.map(|o| side(i)[o]))).collect();
            Partial::new(&triples).unwrap().spearman(&[1; 500]).unwrap()
        };
        let [given_z, given_x] = [-0.01517126408409376, 0.11130640572884397];
        assert!((of([0, 1, 2]) - given_z).abs() < 1e-12, "{}", of([0, 1, 2]));
        assert!((of([1, 2, 0]) - given_x).abs() < 1e-12, "{}", of([1, 2, 0]));
    }

    #[test]
    fn a_function_of_the_third_has_nothing_left() {
        let triples: Vec<_> = (0..9).map(|i| (i, [i as f64, (i * i % 5) as f64, (2 * i) as f64])).collect();
        assert_eq!(Partial::new(&triples).unwrap().spearman(&[1; 9]), None);
    }
}

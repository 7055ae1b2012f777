//! Rows in the order of a ranking, for whatever only looks at its head.

/// Pairs of standing and target, sorted once, which give the head of the ranking for any multiset of the rows.
pub struct Ordered {
    /// From the best standing to the worst; ties from the best target to the worst.
    pub(super) ranked: Vec<Place>,
    /// (row, target) from the best target to the worst.
    pub(super) by_target: Vec<(usize, f64)>,
}

/// A row in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub row: usize,
    pub standing: f64,
    pub target: f64,
}

/// The k best of a multiset, some of which ties may leave open.
pub struct Head<'a> {
    /// Those that are among the k however ties are broken, each as often as it counts.
    pub(super) certain: &'a [Place],
    /// Those of equal standing among which the k-th place falls.
    pub(super) tied: &'a [Place],
    /// How many of the tied are taken.
    pub(super) take: u32,
    /// How many are tied.
    pub(super) among: u32,
}

impl Head<'_> {
    /// The probability that one of the tied is among the k.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.take) / f64::from(self.among)
    }
}

impl Ordered {
    /// Sorts (standing, target) pairs, a higher standing being better. `None` when a value is NaN.
    pub fn new(pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.iter().any(|(standing, target)| standing.is_nan() || target.is_nan()) {
            return None;
        }
        // Adding zero makes -0 equal to 0, as it is in every comparison but `total_cmp`.
        let place = |(row, &(standing, target)): (usize, &(f64, f64))| Place {
            row,
            standing: standing + 0.0,
            target: target + 0.0,
        };
        let mut ranked: Vec<Place> = pairs.iter().enumerate().map(place).collect();
        let mut by_target: Vec<(usize, f64)> = ranked.iter().map(|place| (place.row, place.target)).collect();
        ranked.sort_unstable_by(|a, b| {
            b.standing.total_cmp(&a.standing).then(b.target.total_cmp(&a.target)).then(a.row.cmp(&b.row))
        });
        by_target.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Some(Ordered { ranked, by_target })
    }

    /// The `k` best where row `i` counts `counts[i]` times; `None` where there are fewer than `k`, or `k` is 0.
    pub fn head(&self, counts: &[u32], k: usize) -> Option<Head<'_>> {
        let k = u32::try_from(k).ok().filter(|&k| k > 0)?;
        let mut before = 0;
        let mut start = 0;
        for equal in self.ranked.chunk_by(|a, b| a.standing == b.standing) {
            let size: u32 = equal.iter().map(|place| counts[place.row]).sum();
            if before + size >= k {
                return Some(Head { certain: &self.ranked[..start], tied: equal, take: k - before, among: size });
            }
            before += size;
            start += equal.len();
        }
        None
    }

    /// The best target there is.
    pub fn best(&self, counts: &[u32]) -> Option<f64> {
        self.by_target.iter().find(|(row, _)| counts[*row] > 0).map(|(_, target)| *target)
    }
}

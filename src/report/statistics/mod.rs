//! Correlations of two readings of the same architectures, with ties.
//!
//! Sorting is done once: [`Ranked`] and [`Linear`] are prepared from the pairs and then answer for any multiset of the
//! rows, given as a count per row. A bootstrap draw is such a multiset, and the plain correlation is the one in which
//! every row counts once.
//!
//! Statistics that look only at the head of a ranking ([`top`], [`precision`], [`ndcg`]) walk an [`ordered::Ordered`] instead.
//!
//! A correlation is signed, and `None` where it is undefined: fewer than two rows, one side constant, or a NaN.

mod counter;
pub mod ndcg;
pub mod ordered;
pub mod partial;
pub mod precision;
pub mod top;

use counter::Counter;

/// The rank of each value counted from 1, equal values sharing the mean of their ranks. Infinities rank like numbers.
///
/// `None` when a value is NaN.
pub fn average_ranks(values: &[f64]) -> Option<Vec<f64>> {
    let classes = Classes::of(values)?;
    let twice = classes.twice_centred_ranks(classes.class.iter().map(|&class| (class, 1)));
    let centre = (values.len() + 1) as f64;
    Some(classes.class.iter().map(|&class| (twice[class as usize] + centre) / 2.0).collect())
}

/// Pearson's r of (x, y) pairs; `None` also where a value is infinite.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let rows = pairs.iter().enumerate().map(|(row, &(x, y))| (row, x, y));
    Linear::new(rows)?.pearson(&vec![1; pairs.len()])
}

/// Spearman's rho of (x, y) pairs: Pearson's r of their average ranks.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    Ranked::new(pairs)?.draw(&vec![1; pairs.len()]).spearman()
}

/// Kendall's tau-b of (x, y) pairs, in O(n log n).
pub fn kendall(pairs: &[(f64, f64)]) -> Option<f64> {
    Ranked::new(pairs)?.draw(&vec![1; pairs.len()]).kendall()
}

/// Returns about the most that the mean of `measurements` repeated measurements can correlate with anything, where two of them have the
/// correlation `of_two`: the square root of its reliability (Spearman-Brown). `None` where they do not agree.
pub fn reliable(of_two: f64, measurements: usize) -> Option<f64> {
    let k = measurements as f64;
    (of_two > 0.0).then(|| (k * of_two / (1.0 + (k - 1.0) * of_two)).sqrt().min(1.0))
}

/// Values replaced by the number of distinct smaller values: all that a rank correlation reads.
struct Classes {
    class: Vec<u32>,
    count: usize,
}

impl Classes {
    /// `None` when a value is NaN, which has no place in any order.
    fn of(values: &[f64]) -> Option<Self> {
        if values.iter().any(|value| value.is_nan()) {
            return None;
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut classes = Classes { class: vec![0; values.len()], count: 0 };
        for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
            for &row in equal {
                classes.class[row] = classes.count as u32;
            }
            classes.count += 1;
        }
        Some(classes)
    }

    /// For each class `2 rank - (n + 1)`, an integer and zero on average, where (class, count) lists the `n` members.
    fn twice_centred_ranks(&self, members: impl Iterator<Item = (u32, u32)>) -> Vec<f64> {
        let mut size = vec![0_u32; self.count];
        members.for_each(|(class, count)| size[class as usize] += count);
        let n: f64 = size.iter().map(|&size| f64::from(size)).sum();
        let mut before = 0.0;
        size.iter()
            .map(|&size| {
                let rank = 2.0 * before + f64::from(size) - n;
                before += f64::from(size);
                rank
            })
            .collect()
    }
}

struct Entry {
    x: u32,
    y: u32,
    row: u32,
}

/// Pairs sorted for rank correlations of any multiset of their rows.
pub struct Ranked {
    x: Classes,
    y: Classes,
    /// Sorted by x, then by y.
    entries: Vec<Entry>,
}

impl Ranked {
    /// Sorts the (x, y) pairs. `None` when a value is NaN.
    pub fn new(pairs: &[(f64, f64)]) -> Option<Self> {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let (x, y) = (Classes::of(&x)?, Classes::of(&y)?);
        let mut entries: Vec<Entry> =
            (0..pairs.len()).map(|row| Entry { x: x.class[row], y: y.class[row], row: row as u32 }).collect();
        entries.sort_unstable_by_key(|entry| (entry.x, entry.y));
        Some(Ranked { x, y, entries })
    }

    /// The multiset in which row `i` counts `counts[i]` times.
    pub fn draw(&self, counts: &[u32]) -> RankedDraw<'_> {
        let drawn = self.entries.iter().map(|entry| (entry.x, entry.y, counts[entry.row as usize]));
        RankedDraw { ranked: self, entries: drawn.filter(|entry| entry.2 > 0).collect() }
    }
}

/// A multiset of ranked pairs. Results are as if every pair were repeated as often as it counts; copies of a pair are tied on
/// both sides.
pub struct RankedDraw<'a> {
    ranked: &'a Ranked,
    /// (x, y, count), sorted by x, then by y; no count is 0.
    entries: Vec<(u32, u32, u32)>,
}

impl RankedDraw<'_> {
    /// Spearman's rho.
    pub fn spearman(&self) -> Option<f64> {
        let x_rank = self.ranked.x.twice_centred_ranks(self.entries.iter().map(|&(x, _, count)| (x, count)));
        let y_rank = self.ranked.y.twice_centred_ranks(self.entries.iter().map(|&(_, y, count)| (y, count)));
        let mut moments = Moments::default();
        for &(x, y, count) in &self.entries {
            moments.add(count, x_rank[x as usize], y_rank[y as usize]);
        }
        moments.correlation()
    }

    /// Kendall's tau-b.
    pub fn kendall(&self) -> Option<f64> {
        let mut y_size = vec![0_u32; self.ranked.y.count];
        let mut earlier = Counter::new(self.ranked.y.count);
        let (mut n, mut discordant, mut tied_x, mut tied_both) = (0_u64, 0_u64, 0_u64, 0_u64);
        for same_x in self.entries.chunk_by(|a, b| a.0 == b.0) {
            let before = n;
            let (mut last_y, mut run) = (u32::MAX, 0);
            for &(_, y, count) in same_x {
                let count = u64::from(count);
                discordant += count * (before - u64::from(earlier.up_to(y as usize)));
                run = if y == last_y { run } else { 0 };
                tied_both += count * run + pairs_among(count);
                run += count;
                last_y = y;
                n += count;
            }
            for &(_, y, count) in same_x {
                earlier.add(y as usize, count);
                y_size[y as usize] += count;
            }
            tied_x += pairs_among(n - before);
        }
        let tied_y: u64 = y_size.iter().map(|&size| pairs_among(u64::from(size))).sum();
        let all = pairs_among(n);
        let (untied_x, untied_y) = (all - tied_x, all - tied_y);
        if untied_x == 0 || untied_y == 0 {
            return None;
        }
        let untied = (all + tied_both) - (tied_x + tied_y);
        let balance = untied as f64 - 2.0 * discordant as f64;
        Some((balance / (untied_x as f64).sqrt() / (untied_y as f64).sqrt()).clamp(-1.0, 1.0))
    }
}

fn pairs_among(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// Pairs prepared for Pearson's r of any multiset of their rows.
pub struct Linear {
    /// (row, x, y), each side divided by its largest magnitude so that no square overflows.
    rows: Vec<(usize, f64, f64)>,
}

impl Linear {
    /// Takes (row, x, y), where `row` is the place in the counts given later. `None` when a value is not finite.
    pub fn new(rows: impl Iterator<Item = (usize, f64, f64)>) -> Option<Self> {
        let mut rows: Vec<_> = rows.collect();
        if rows.iter().any(|&(_, x, y)| !x.is_finite() || !y.is_finite()) {
            return None;
        }
        let largest = |side: fn(&(usize, f64, f64)) -> f64| {
            let largest = rows.iter().map(|row| side(row).abs()).fold(0.0, f64::max);
            if largest > 0.0 { largest } else { 1.0 }
        };
        let (x_scale, y_scale) = (largest(|row| row.1), largest(|row| row.2));
        for (_, x, y) in &mut rows {
            *x /= x_scale;
            *y /= y_scale;
        }
        Some(Linear { rows })
    }

    /// Pearson's r where row `i` counts `counts[i]` times.
    pub fn pearson(&self, counts: &[u32]) -> Option<f64> {
        let present = || self.rows.iter().filter(|row| counts[row.0] > 0);
        let &(_, x0, y0) = present().next()?;
        // Deviations from the first row sum to exactly zero where a side is constant, so rounding cannot hide it.
        let (mut n, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
        for &(row, x, y) in present() {
            let count = f64::from(counts[row]);
            n += count;
            x_sum += count * (x - x0);
            y_sum += count * (y - y0);
        }
        let (x_mean, y_mean) = (x_sum / n, y_sum / n);
        let mut moments = Moments::default();
        for &(row, x, y) in present() {
            moments.add(counts[row], x - x0 - x_mean, y - y0 - y_mean);
        }
        moments.correlation()
    }
}

/// Second moments of centred values.
#[derive(Default)]
struct Moments {
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    fn add(&mut self, count: u32, x: f64, y: f64) {
        let count = f64::from(count);
        self.xx += count * x * x;
        self.yy += count * y * y;
        self.xy += count * x * y;
    }

    fn correlation(&self) -> Option<f64> {
        if self.xx <= 0.0 || self.yy <= 0.0 {
            return None;
        }
        // The root of one product makes two equal sides exactly 1; two roots serve where that product leaves the range.
        let product = self.xx * self.yy;
        let scale = if product.is_normal() { product.sqrt() } else { self.xx.sqrt() * self.yy.sqrt() };
        Some((self.xy / scale).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests;

//! How a column of numbers is drawn, so that a few extreme ones do not squeeze all others into a line.

/// What an axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The numbers themselves.
    Value,
    /// Their logarithms.
    Log,
    /// Their ranks.
    Rank,
}

/// Numbers of which none is negative are drawn by their logarithms where their middle 98 % span more than this factor.
const WIDE: f64 = 1e4;
/// Where the middle 90 % take less than this share of the range, numbers are drawn by their ranks.
const SQUEEZED: f64 = 1.0 / 3.0;

impl Scale {
    /// The scale on which these numbers can be told apart.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else { return Scale::Value };
        let positive = &sorted[sorted.partition_point(|value| *value <= 0.0)..];
        let at = |values: &[f64], share: f64| values[((values.len() - 1) as f64 * share) as usize];
        if least >= 0.0 && !positive.is_empty() && at(positive, 0.99) / at(positive, 0.01) > WIDE {
            return Scale::Log;
        }
        let middle = at(&sorted, 0.95) - at(&sorted, 0.05);
        if middle > 0.0 && middle < SQUEEZED * (most - least) { Scale::Rank } else { Scale::Value }
    }

    /// Returns the word for it in a page.
    pub fn word(self) -> &'static str {
        match self {
            Scale::Value => "value",
            Scale::Log => "log",
            Scale::Rank => "rank",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_follows_the_numbers() {
        let even = || (0..100).map(f64::from);
        assert_eq!(Scale::of(even()), Scale::Value);
        assert_eq!(Scale::of(even().map(|value| (value / 3.0).exp())), Scale::Log);
        assert_eq!(Scale::of(even().chain([1e4])), Scale::Rank);
        assert_eq!(Scale::of(even().chain([-1e4])), Scale::Rank);
        assert_eq!(Scale::of([7.0; 50].into_iter()), Scale::Value);
        assert_eq!(Scale::of(std::iter::empty()), Scale::Value);
        assert_eq!(Scale::of([f64::NAN, 1.0].into_iter()), Scale::Value);
    }
}

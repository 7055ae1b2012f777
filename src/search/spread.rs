//! Mean and standard deviation, as papers print them.

use std::fmt;

/// Mean and population standard deviation (divided by the number of values).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub std: f64,
}

impl Spread {
    /// Computes them for some values; `None` if there are none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let (least, most) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)));
        // The sum of equal values may be rounded, which would put the mean outside their range.
        let mean = (values.iter().sum::<f64>() / count).max(least).min(most);
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
        Some(Spread { mean, std: variance.sqrt() })
    }
}

/// Prints both, with two decimals for percentages and four for fractions.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = digits(self.mean);
        write!(f, "{:.digits$} ± {:.digits$}", self.mean, self.std)
    }
}

/// Number of decimals of an accuracy: two for a percentage, four for a fraction.
pub(super) fn digits(accuracy: f64) -> usize {
    if accuracy.abs() <= 1.0 { 4 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_that_of_numpy() {
        // np.mean([1, 2, 4]), np.std([1, 2, 4])
        let found = Spread::of([1.0, 2.0, 4.0].into_iter()).unwrap();
        assert!((found.mean - 2.3333333333333335).abs() < 1e-15 && (found.std - 1.247219128924647).abs() < 1e-15);
        assert_eq!(Spread::of(std::iter::empty()), None);
        assert_eq!(found.to_string(), "2.33 ± 1.25");
        assert_eq!(Spread { mean: 0.94214, std: 0.0023 }.to_string(), "0.9421 ± 0.0023");
    }
}

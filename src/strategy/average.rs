//! The moving average with which a policy compares its rewards.

/// An exponential moving average with bias correction: its start at 0 is divided out.
pub(super) struct Average {
    momentum: f64,
    sum: f64,
    weight: f64,
}

impl Average {
    /// Creates an average; `momentum`, below 1, is the share that is kept at each value.
    pub fn new(momentum: f64) -> Self {
        Average { momentum, sum: 0.0, weight: 0.0 }
    }

    /// Adds a value and returns the new average.
    pub fn update(&mut self, value: f64) -> f64 {
        self.sum = self.momentum * self.sum + (1.0 - self.momentum) * value;
        self.weight = self.momentum * self.weight + 1.0 - self.momentum;
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_at_zero_does_not_count() {
        let mut average = Average::new(0.9);
        assert!((average.update(80.0) - 80.0).abs() < 1e-12);
        // The weights of both values are .9 * .1 and .1.
        assert!((average.update(90.0) - (0.09 * 80.0 + 0.1 * 90.0) / 0.19).abs() < 1e-12);
    }
}

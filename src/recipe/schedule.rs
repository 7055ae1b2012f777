//! Learning rates over a training.

use serde::Serialize;

/// A cosine from a peak to zero: `peak / 2 (1 + cos(pi t / T))` (Loshchilov & Hutter 2017, without restarts).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Schedule {
    /// The learning rate at the start.
    pub peak: f64,
    /// What t and T count.
    pub by: Clock,
    /// Whether the very first step has learning rate 0, as in NAS-Bench-101.
    pub idle_start: bool,
}

/// The unit of time of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Epochs: the rate is constant within one.
    Epoch,
    /// Steps.
    Step,
}

/// A point in a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// The step, from 0 over all epochs.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
}

impl Schedule {
    /// The learning rate of a step.
    pub fn rate(&self, at: Moment) -> f64 {
        let part = match self.by {
            _ if self.idle_start && at.step == 0 => return 0.0,
            Clock::Epoch => at.epoch as f64 / at.epochs as f64,
            Clock::Step => at.step as f64 / at.steps as f64,
        };
        0.5 * self.peak * (1.0 + (std::f64::consts::PI * part).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, steps_an_epoch: usize) -> Vec<f64> {
        let steps = 4 * steps_an_epoch;
        (0..steps).map(|step| schedule.rate(Moment { epoch: step / steps_an_epoch, epochs: 4, step, steps })).collect()
    }

    #[test]
    fn rates_fall_along_a_cosine() {
        let schedule = Schedule { peak: 0.1, by: Clock::Epoch, idle_start: false };
        // 0.05 (1 + cos(pi e / 4)) for e = 0..3.
        let expected = [0.1, 0.085_355_339_059_327_38, 0.05, 0.014_644_660_940_672_627];
        for (rates, expected) in rates(schedule, 2).chunks(2).zip(expected) {
            assert_eq!(rates[0], rates[1]);
            assert!((rates[0] - expected).abs() < 1e-16);
        }
        let by_step = Schedule { by: Clock::Step, idle_start: true, ..schedule };
        let rates = rates(by_step, 1);
        assert_eq!(rates[0], 0.0);
        assert!(rates[1..].iter().zip(&expected[1..]).all(|(rate, expected)| (rate - expected).abs() < 1e-16));
    }
}

//! The ceiling: how well perfect knowledge of the networks would rank the results of single trainings.
//!
//! Trainings that differ only in their seed give the variance of the noise. With it, the labels are split into true values and noise: the
//! true values are shrunk towards the mean until their variance is what the noise leaves. Then new noise is drawn, and Kendall's tau between
//! the true values and what would be measured is what a perfect proxy would reach.

use super::Label;
use crate::report::bootstrap::{Estimate, interval};
use crate::report::statistics::kendall;
use crate::train::{pooled_variance, squares};
use zeronas_random::Stream;

/// How well a perfect proxy would rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceiling {
    /// Standard deviation of the result of a single training.
    pub noise: f64,
    /// The number of networks trained more than once, from which the noise is estimated.
    pub repeated: usize,
    /// Mean of Kendall's tau-b over the draws, with their interval.
    pub kendall: Estimate,
}

impl Ceiling {
    /// Estimates the ceiling from labels whose single trainings are known; `None` if no network was trained twice.
    pub fn of(labels: &[Label], draws: usize, seed: u64) -> Option<Ceiling> {
        let repeated: Vec<&[f64]> =
            labels.iter().map(|label| label.trainings.as_slice()).filter(|trainings| trainings.len() > 1).collect();
        let (variance, _) = pooled_variance(repeated.iter().copied())?;
        let values: Vec<f64> = labels.iter().map(|label| label.value).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let noise: Vec<f64> = labels.iter().map(|label| variance / label.trainings.len().max(1) as f64).collect();
        let whole = squares(&values) / (values.len() - 1) as f64;
        let left = (whole - noise.iter().sum::<f64>() / noise.len() as f64).max(0.0);
        let shrink = if whole > 0.0 { (left / whole).sqrt() } else { 0.0 };
        let worth: Vec<f64> = values.iter().map(|value| mean + shrink * (value - mean)).collect();
        let tau = |draw: usize| {
            let stream = Stream::new(&format!("calibrate.ceiling.{draw}"), seed);
            let measured = |(arch, (worth, noise)): (usize, (&f64, &f64))| {
                (*worth, worth + noise.sqrt() * stream.normal(arch as u64))
            };
            kendall(&worth.iter().zip(&noise).enumerate().map(measured).collect::<Vec<_>>()).or(Some(0.0))
        };
        let taus: Vec<Option<f64>> = (0..draws).map(tau).collect();
        let mean = (draws > 0).then(|| taus.iter().flatten().sum::<f64>() / draws as f64);
        let kendall = Estimate { value: mean, interval: interval(taus.into_iter()) };
        Some(Ceiling { noise: variance.sqrt(), repeated: repeated.len(), kendall })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand networks with true values of variance 1 and this much noise in their trainings.
    fn labels(noise: f64, trainings: u64) -> Vec<Label> {
        let stream = Stream::new("test", 1);
        let label = |place: u64| {
            let worth = stream.normal(place);
            let trained = |one| worth + noise * stream.normal(1000 + place * 10 + one);
            let trainings: Vec<f64> = (0..trainings).map(trained).collect();
            let value = trainings.iter().sum::<f64>() / trainings.len() as f64;
            Label { place: place as usize, value, trainings }
        };
        (0..1000).map(label).collect()
    }

    /// For two normal variables with correlation r, tau is 2 / pi asin(r); here r^2 is 1 / (1 + noise^2 / 2), as labels are means of two.
    #[test]
    fn it_is_what_theory_says_of_normal_variables() {
        for noise in [0.1, 0.5, 1.0] {
            let found = Ceiling::of(&labels(noise, 2), 300, 0).unwrap();
            let r = 1.0 / (1.0 + noise * noise / 2.0_f64).sqrt();
            let theory = 2.0 / std::f64::consts::PI * r.asin();
            assert!((found.noise - noise).abs() < 0.15 * noise, "{found:?}");
            assert!((found.kendall.value.unwrap() - theory).abs() < 0.06, "{found:?}, {theory}");
            let (low, high) = found.kendall.interval.unwrap();
            assert!(low < found.kendall.value.unwrap() && found.kendall.value.unwrap() < high, "{found:?}");
        }
    }

    #[test]
    fn nothing_trained_twice_says_nothing() {
        assert_eq!(Ceiling::of(&labels(0.5, 1), 100, 0), None);
    }
}

//! Trainings within a given time: how long an epoch takes, and how many epochs fit.

use super::Training;
use super::course::Course;
use super::halving::{Halving, Stage};
use super::state::State;
use super::step::Stepper;
use super::tally::Tally;
use crate::device::pool;
use crate::words::{duration, seconds};
use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;
use zeronas_proxies::engine::FusedSettings;

/// Number of steps that are timed; as many untimed ones precede them.
const TIMED: usize = 3;

/// Approximate cost of evaluating an image, relative to a training step on it.
const LOOK: f64 = 1.0 / 3.0;

/// By which factor rungs may grow at most if there is more time than planned.
const MOST_GROWTH: f64 = 4.0;

/// The time that a command should take, written `wall=30m`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// In seconds.
    pub seconds: f64,
}

impl FromStr for Wall {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let time = text.strip_prefix("wall=").ok_or_else(|| format!("`{text}` must read wall=30m, or the like"))?;
        Ok(Wall { seconds: seconds(time)? })
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wall={}", duration(self.seconds))
    }
}

impl Training<'_> {
    /// Estimates the seconds per epoch, with the evaluations after it, from a few steps in memory whose results are discarded.
    pub(super) fn seconds_per_epoch(&self) -> Result<f64> {
        let mut recipe = self.settings.recipe.clone();
        recipe.epochs = 2;
        let images = self.images.train.first((TIMED * recipe.batch_size).min(self.images.train.len()));
        let net = self.network()?;
        let course = Course::new(&recipe, &images, self.settings.seed);
        let fused = FusedSettings { exact: self.settings.exact, threads: self.threads };
        let mut stepper = Stepper::new(&net, self.settings.device.open()?.engine(fused), recipe.norm_momentum);
        let mut state = State::new(&net, &recipe, self.settings.seed);
        let never = AtomicBool::new(false);
        pool(self.threads)?.install(|| {
            for epoch in 0..recipe.epochs {
                (state.progress.seconds, state.progress.tally) = (0.0, Tally::default());
                course.steps(epoch, &mut stepper, &mut state, &never, |_| Ok(()))?;
            }
            Ok::<_, Error>(())
        })?;
        let looked_at = [&self.images.valid, &self.images.test].map(|set| set.as_ref().map_or(0, |set| set.len()));
        let seen = self.images.train.len() as f64 + LOOK * looked_at.iter().sum::<usize>() as f64;
        Ok(state.progress.seconds / images.len() as f64 * seen)
    }
}

impl Halving {
    /// Epochs of all trainings together, of so many candidates.
    pub(crate) fn epochs(&self, candidates: usize) -> usize {
        self.stages(candidates).iter().map(Stage::epochs).sum()
    }

    /// The same with rungs that take about so many epochs together, and how many of the candidates take part: all, unless that is too
    /// many for a single epoch of each. Further seeds are given up before a rung is.
    pub(super) fn within(&self, epochs: f64, candidates: usize) -> (Halving, usize) {
        let scaled = |seeds: usize| {
            let scale = (epochs / Halving { seeds, ..self.clone() }.epochs(candidates) as f64).min(MOST_GROWTH);
            let rungs = self.rungs.iter().map(|&rung| ((rung as f64 * scale) as usize).max(1));
            let mut halving = Halving { rungs: rungs.collect(), factor: self.factor, seeds, judge: self.judge };
            halving.rungs.dedup();
            halving
        };
        let keeps_rungs =
            |halving: &Halving| halving.rungs.len() == self.rungs.len() && halving.epochs(candidates) as f64 <= epochs;
        if let Some(halving) = (2..=self.seeds).rev().map(scaled).find(keeps_rungs) {
            return (halving, candidates);
        }
        let mut halving = scaled(1);
        while halving.rungs.len() > 1 && halving.epochs(candidates) as f64 > epochs {
            halving.rungs.pop();
        }
        let fits = |&count: &usize| halving.epochs(count) as f64 <= epochs;
        let candidates = (2..=candidates).rev().find(fits).unwrap_or(candidates.min(2));
        (halving, candidates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Judge;

    #[test]
    fn a_time_is_read_with_its_unit() {
        assert_eq!("wall=30m".parse(), Ok(Wall { seconds: 1800.0 }));
        assert_eq!("wall=90".parse::<Wall>().unwrap().to_string(), "wall=90 s");
        for text in ["30m", "wall=", "wall=0", "wall=soon", "wall=-3m"] {
            assert!(text.parse::<Wall>().is_err(), "{text}");
        }
    }

    #[test]
    fn rungs_grow_and_shrink_with_the_time() {
        let usual = Halving { rungs: vec![3, 9, 27], factor: 2, seeds: 1, judge: Judge::Accuracy };
        assert_eq!(usual.epochs(8), 3 * 8 + 6 * 4 + 18 * 2);
        assert_eq!(Halving { seeds: 3, ..usual.clone() }.epochs(8), usual.epochs(8) + 2 * 27 * 2);
        let within = |epochs| {
            let (halving, candidates) = usual.within(epochs, 8);
            assert!(halving.check().is_ok());
            (halving.rungs, candidates)
        };
        assert_eq!(within(84.0), (vec![3, 9, 27], 8));
        assert_eq!(within(170.0), (vec![6, 18, 54], 8));
        assert_eq!(within(1e6), (vec![12, 36, 108], 8), "no more than four times as long");
        assert_eq!(within(28.0), (vec![1, 3, 9], 8));
        assert_eq!(within(10.0), (vec![1], 8));
        assert_eq!(within(5.0), (vec![1], 5));
        assert_eq!(within(0.1), (vec![1], 2), "two at the least");
        let within = |epochs, seeds| Halving { seeds, ..usual.clone() }.within(epochs, 8).0;
        assert_eq!(within(192.0, 3), Halving { seeds: 3, ..usual.clone() });
        assert_eq!(within(70.0, 3), Halving { rungs: vec![1, 3, 9], seeds: 3, ..usual.clone() });
        assert_eq!(within(40.0, 3), Halving { rungs: vec![1, 2, 7], seeds: 2, ..usual.clone() });
        assert_eq!(within(28.0, 3), Halving { rungs: vec![1, 3, 9], ..usual.clone() });
    }
}

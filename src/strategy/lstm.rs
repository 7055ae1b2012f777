//! `lstm`: a recurrent policy.
//!
//! A controller makes an architecture's choices one after the other, each knowing those before it, and climbs the reward's
//! advantage over its moving average by one step of Adam a batch:
//!
//! ```text
//! loss = mean over the batch of  -log p(choices) (r - b) / s  -  entropy bonus * entropy
//! ```
//!
//! `s` is the root of the moving average of `(r - b)^2`, so that the bonus weighs the same whatever the reward's unit.
//! Choices that make no architecture are drawn again, and the gradient is that of the draw which was kept. A search
//! that is warmed up begins with the ten best of its pool.
//!
//! Source: Zoph & Le 2017, with its two layers of 35 units and the 8 networks of each of its controller's replicas as the
//! batch; the bonus is an idea of Pham et al. 2018 (ENAS). The other defaults are not theirs: the paper's controller learns
//! at 0.0006 over 12,800 networks, and a search of a benchmark has some hundred, so the step size is the 0.01 and the
//! momentum the 0.9 of NATS-Bench's REINFORCE. The weight of the bonus, 0.01 beside
//! advantages divided by `s`, is our choice.

use super::average::Average;
use super::controller::Controller;
use super::recipe::{check_momentum, check_positive, fields};
use super::{Evaluated, Recipe, Source, Start, Strategy};
use crate::space::{Arch, check_ranges, encoded};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of the recurrent policy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lstm {
    /// Units of each layer.
    pub hidden: usize,
    /// Architectures that are evaluated between two steps.
    pub batch: usize,
    /// Of Adam.
    pub learning_rate: f64,
    /// Share of the rewards' moving average that stays at each reward.
    pub momentum: f64,
    /// Weight of the entropy bonus.
    pub entropy: f64,
}

impl Default for Lstm {
    fn default() -> Self {
        Lstm { hidden: 35, batch: 8, learning_rate: 0.01, momentum: 0.9, entropy: 0.01 }
    }
}

/// Its name.
const LSTM: &str = "lstm";

impl Recipe for Lstm {
    fn name(&self) -> &'static str {
        LSTM
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("hidden", self.hidden, 1..=1024), ("batch", self.batch, 1..=4096)])?;
        check_positive("learning-rate", self.learning_rate)?;
        check_momentum(self.momentum)?;
        if self.entropy >= 0.0 && self.entropy.is_finite() {
            return Ok(());
        }
        Err(Error::setting("entropy", format!("must be at least 0, not {}", self.entropy)))
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        let mut source = start.source_of_policy(self.name())?;
        let (choices, dice) = (encoded(&*source.space, LSTM)?.choices().to_vec(), &mut source.dice);
        let controller = Controller::new(choices, self.hidden, self.learning_rate, dice).map_err(internal)?;
        let [mean, square] = [Average::new(self.momentum), Average::new(self.momentum)];
        Ok(Box::new(Search { settings: *self, source, controller, mean, square }))
    }
}

/// No input makes the controller's tensors fail.
fn internal(error: candle_core::Error) -> Error {
    Error::Internal(format!("the recurrent policy: {error}"))
}

struct Search {
    settings: Lstm,
    source: Source,
    controller: Controller,
    /// Of the rewards.
    mean: Average,
    /// Of their squared distances from it.
    square: Average,
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let Search { settings, source, controller, .. } = self;
        source.by_policy(settings.batch, |count, dice| controller.draw(count, dice).map_err(internal))
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        if seen.is_empty() {
            return Ok(());
        }
        let mut sequences = Vec::with_capacity(seen.len());
        let mut unit = 0.0;
        let mut advantages = Vec::with_capacity(seen.len());
        for evaluated in seen {
            let reward = evaluated.feedback()?;
            let advantage = reward - self.mean.update(reward);
            sequences.push(encoded(&*self.source.space, LSTM)?.encode(&evaluated.arch)?);
            unit = self.square.update(advantage * advantage).sqrt();
            advantages.push(advantage);
        }
        if unit > 0.0 {
            advantages.iter_mut().for_each(|advantage| *advantage /= unit);
        }
        self.controller.learn(&sequences, &advantages, self.settings.entropy).map_err(internal)
    }
}

//! `lstm`: a recurrent policy.
//!
//! A controller makes the choices of an architecture one after another, each knowing the earlier ones. It is trained on the advantage of the
//! reward over its moving average, by one step of Adam per batch:
//!
//! ```text
//! loss = mean over the batch of  -log p(choices) (r - b) / s  -  entropy bonus * entropy
//! ```
//!
//! `s` is the root of the moving average of `(r - b)^2`, so that the bonus has the same weight whatever the unit of the reward. Choices that
//! do not form an architecture are drawn again, and the gradient is that of the draw that was kept. A warmed-up search begins with the ten
//! best architectures of its pool.
//!
//! Source: Zoph & Le 2017, with its two layers of 35 units, and the 8 networks of each of its controller replicas as the batch; the bonus is
//! an idea of Pham et al. 2018 (ENAS). The other defaults differ: the paper's controller learns at 0.0006 over 12,800 networks, whereas a
//! search of a benchmark evaluates some hundred, so we use the step size 0.01 and the momentum 0.9 of NATS-Bench's REINFORCE. The weight of
//! the bonus, 0.01 with advantages divided by `s`, is our choice.

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
    /// Learning rate of Adam.
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

/// The controller's tensors do not fail on any input, so this error is internal.
fn internal(error: candle_core::Error) -> Error {
    Error::Internal(format!("the recurrent policy: {error}"))
}

struct Search {
    settings: Lstm,
    source: Source,
    controller: Controller,
    /// Moving average of the rewards.
    mean: Average,
    /// Moving average of their squared distances from `mean`.
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

//! `reinforce`: a policy of independent choices.
//!
//! Each place in the sequence of an architecture's choices has its own categorical distribution. After each architecture the policy is
//! trained on the advantage of the reward over its moving average,
//!
//! ```text
//! loss = -log p(choices) (r - b),     d loss / d logit_c = (p_c - [c was chosen]) (r - b)
//! ```
//!
//! by one step of Adam; the average `b` is updated with `r` first. Choices that do not form an architecture are drawn again, and the gradient
//! is that of the draw that was kept. A warmed-up search begins with the ten best architectures of its pool. The settings are those of
//! NATS-Bench, where rewards are accuracies in percent.
//!
//! Source: Williams 1992; Dong et al. 2021 (NATS-Bench).

use super::adam::Adam;
use super::average::Average;
use super::recipe::{check_momentum, check_positive, fields};
use super::{Dice, Evaluated, Recipe, Source, Start, Strategy};
use crate::Result;
use crate::space::{Arch, encoded};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of REINFORCE.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reinforce {
    /// Learning rate of Adam.
    pub learning_rate: f64,
    /// Share of the rewards' moving average that stays at each reward.
    pub momentum: f64,
}

impl Default for Reinforce {
    fn default() -> Self {
        Reinforce { learning_rate: 0.01, momentum: 0.9 }
    }
}

/// Its name.
const REINFORCE: &str = "reinforce";

impl Recipe for Reinforce {
    fn name(&self) -> &'static str {
        REINFORCE
    }

    fn settings(&self) -> Map<String, Value> {
        fields(self)
    }

    fn check(&self) -> Result<()> {
        check_positive("learning-rate", self.learning_rate)?;
        check_momentum(self.momentum)
    }

    fn start(&self, start: Start) -> Result<Box<dyn Strategy>> {
        let mut source = start.source_of_policy(self.name())?;
        let choices = encoded(&*source.space, REINFORCE)?.choices().to_vec();
        let policy = Policy::new(choices, &mut source.dice);
        let adam = Adam::new(self.learning_rate, policy.logits.len());
        Ok(Box::new(Search { source, policy, adam, mean: Average::new(self.momentum) }))
    }
}

/// Independent categorical distributions.
struct Policy {
    /// Number of choices at each place.
    counts: Vec<usize>,
    /// The logits of all choices, place by place.
    logits: Vec<f64>,
}

impl Policy {
    /// Creates a nearly uniform policy, with logits of 1e-3 N(0, 1).
    fn new(counts: Vec<usize>, dice: &mut Dice) -> Self {
        let logits = (0..counts.iter().sum()).map(|_| 1e-3 * dice.normal()).collect();
        Policy { counts, logits }
    }

    /// The probabilities at each place.
    fn probabilities(&self) -> impl Iterator<Item = Vec<f64>> {
        let mut rest = &self.logits[..];
        self.counts.iter().map(move |&count| {
            let (logits, behind) = rest.split_at(count);
            rest = behind;
            softmax(logits)
        })
    }

    fn draw(&self, dice: &mut Dice) -> Vec<usize> {
        self.probabilities().map(|probabilities| dice.choose(&probabilities)).collect()
    }

    /// The gradient of `-log p(choices) advantage` with respect to the logits.
    fn gradient(&self, choices: &[usize], advantage: f64) -> Vec<f64> {
        let places = self.probabilities().zip(choices);
        places
            .flat_map(|(mut probabilities, &choice)| {
                probabilities[choice] -= 1.0;
                probabilities
            })
            .map(|slope| slope * advantage)
            .collect()
    }
}

/// The probabilities of these logits.
fn softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut odds: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
    let sum: f64 = odds.iter().sum();
    odds.iter_mut().for_each(|odds| *odds /= sum);
    odds
}

struct Search {
    source: Source,
    policy: Policy,
    adam: Adam,
    /// Moving average of the rewards.
    mean: Average,
}

impl Strategy for Search {
    fn ask(&mut self) -> Result<Vec<Arch>> {
        let Search { source, policy, .. } = self;
        source.by_policy(1, |count, dice| Ok((0..count).map(|_| policy.draw(dice)).collect()))
    }

    fn tell(&mut self, seen: &[Evaluated]) -> Result<()> {
        for evaluated in seen {
            let reward = evaluated.feedback()?;
            let choices = encoded(&*self.source.space, REINFORCE)?.encode(&evaluated.arch)?;
            let gradient = self.policy.gradient(&choices, reward - self.mean.update(reward));
            self.adam.step(&mut self.policy.logits, &gradient);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let mut policy = Policy::new(vec![5, 2, 3], &mut Dice::new("test", 1, 0));
        policy.logits.iter_mut().for_each(|logit| *logit *= 1000.0);
        let (choices, advantage) = ([3, 0, 2], -1.7);
        let gradient = policy.gradient(&choices, advantage);
        let loss = |policy: &Policy| {
            let chosen = policy.probabilities().zip(choices).map(|(probabilities, choice)| probabilities[choice].ln());
            -chosen.sum::<f64>() * advantage
        };
        for (place, slope) in gradient.into_iter().enumerate() {
            let step = 1e-6;
            let logit = policy.logits[place];
            let [above, below] = [logit + step, logit - step].map(|moved| {
                policy.logits[place] = moved;
                loss(&policy)
            });
            policy.logits[place] = logit;
            let found = (above - below) / (2.0 * step);
            assert!((found - slope).abs() < 1e-8, "{place}: {found}, {slope}");
        }
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let policy = Policy { counts: vec![2], logits: vec![0.0, 3.0_f64.ln()] };
        let mut dice = Dice::new("test", 0, 0);
        let ones = (0..10_000).filter(|_| policy.draw(&mut dice) == [1]).count();
        assert!((7_300..7_700).contains(&ones), "{ones}");
    }
}

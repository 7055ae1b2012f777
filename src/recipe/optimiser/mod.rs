//! Optimisers: a rule that updates a tensor by its gradient, and the values that it remembers for every tensor.
//!
//! Weight decay applies to every parameter, including batch norms and biases, as in the benchmarks.

mod rmsprop;
mod sgd;

pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use serde::Serialize;
use zeronas_proxies::network::Weights;

/// How parameters are changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Rule {
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd),
    /// RMSProp as in TensorFlow.
    RmsProp(RmsProp),
}

/// A rule with what it remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser(Remembering);

#[derive(Clone, Debug, PartialEq)]
enum Remembering {
    Sgd(Sgd, [Slot; 1]),
    RmsProp(RmsProp, [Slot; 2]),
}

/// A value that is remembered for every element of every parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Its name in checkpoints.
    pub name: &'static str,
    /// One tensor per parameter.
    pub tensors: Vec<Vec<f32>>,
}

impl Slot {
    /// Creates slots from their names and initial values.
    fn filled<const N: usize>(slots: [(&'static str, f32); N], weights: &Weights) -> [Slot; N] {
        let tensors = |value| weights.tensors().iter().map(|tensor| vec![value; tensor.len()]).collect();
        slots.map(|(name, value)| Slot { name, tensors: tensors(value) })
    }
}

impl Optimiser {
    /// An optimiser for these weights that has taken no step yet.
    pub fn new(rule: Rule, weights: &Weights) -> Self {
        Optimiser(match rule {
            Rule::Sgd(rule) => Remembering::Sgd(rule, Slot::filled(Sgd::SLOTS, weights)),
            Rule::RmsProp(rule) => Remembering::RmsProp(rule, Slot::filled(RmsProp::SLOTS, weights)),
        })
    }

    /// What it remembers, to be read or set.
    pub fn slots_mut(&mut self) -> &mut [Slot] {
        match &mut self.0 {
            Remembering::Sgd(_, slots) => slots,
            Remembering::RmsProp(_, slots) => slots,
        }
    }

    /// Updates all weights by their gradients, one tensor per parameter, at a learning rate.
    pub fn step(&mut self, weights: &mut Weights, gradients: &[Vec<f32>], rate: f64) {
        for (place, (weights, gradient)) in weights.tensors_mut().zip(gradients).enumerate() {
            match &mut self.0 {
                Remembering::Sgd(rule, [momentum]) => {
                    rule.step(weights, gradient, &mut momentum.tensors[place], rate);
                }
                Remembering::RmsProp(rule, [square, momentum]) => {
                    rule.step(weights, gradient, &mut square.tensors[place], &mut momentum.tensors[place], rate);
                }
            }
        }
    }
}

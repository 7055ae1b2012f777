//! Optimisers: a rule that changes one tensor by its gradient, and the numbers it remembers of every tensor.
//!
//! Weight decay is on every parameter, batch norms and biases too, as in the benchmarks.

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
    /// RMSProp as TensorFlow has it.
    RmsProp(RmsProp),
}

impl Rule {
    /// What it remembers of each parameter, with the value all start from.
    fn slots(&self) -> &'static [(&'static str, f32)] {
        match self {
            Rule::Sgd(_) => Sgd::SLOTS,
            Rule::RmsProp(_) => RmsProp::SLOTS,
        }
    }
}

/// A rule with what it remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimiser {
    rule: Rule,
    slots: Vec<Slot>,
}

/// One number remembered for every number of every parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// What it is called in checkpoints.
    pub name: &'static str,
    /// One tensor a parameter.
    pub tensors: Vec<Vec<f32>>,
}

impl Optimiser {
    /// An optimiser for these weights that has taken no step yet.
    pub fn new(rule: Rule, weights: &Weights) -> Self {
        let filled = |value| weights.tensors().iter().map(|tensor| vec![value; tensor.len()]).collect();
        let slots = rule.slots().iter().map(|&(name, value)| Slot { name, tensors: filled(value) });
        Optimiser { rule, slots: slots.collect() }
    }

    /// What it remembers.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The same, to be set.
    pub fn slots_mut(&mut self) -> &mut [Slot] {
        &mut self.slots
    }

    /// Changes all weights by their gradients, one tensor a parameter, at a learning rate.
    pub fn step(&mut self, weights: &mut Weights, gradients: &[Vec<f32>], rate: f64) {
        for (place, (weights, gradient)) in weights.tensors_mut().zip(gradients).enumerate() {
            match (&self.rule, self.slots.as_mut_slice()) {
                (Rule::Sgd(sgd), [momentum]) => sgd.step(weights, gradient, &mut momentum.tensors[place], rate),
                (Rule::RmsProp(rule), [square, momentum]) => {
                    rule.step(weights, gradient, &mut square.tensors[place], &mut momentum.tensors[place], rate);
                }
                _ => unreachable!("a rule has its own slots"),
            }
        }
    }
}

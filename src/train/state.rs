//! The whole state of a training: what a checkpoint holds.

use serde::{Deserialize, Serialize};
use zeronas_proxies::network::{Network, RunningStatistics, Weights};

use super::history::EpochRow;
use super::tally::Tally;
use crate::recipe::Recipe;
use crate::recipe::optimiser::Optimiser;

/// A network in training.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its parameters.
    pub weights: Weights,
    /// The statistics that its batch norms use outside of training.
    pub running: RunningStatistics,
    /// What its optimiser remembers.
    pub optimiser: Optimiser,
    /// How far its training has got.
    pub progress: Progress,
}

/// How far a training has got.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps taken.
    pub steps: usize,
    /// Loss and accuracy in the epoch under way.
    pub tally: Tally,
    /// Seconds spent on training in it.
    pub seconds: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// The epochs that are over.
    pub history: Vec<EpochRow>,
}

impl Progress {
    /// Training images per second in the epoch under way; 0 where its clock has not moved.
    pub fn images_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.tally.images as f64 / self.seconds } else { 0.0 }
    }
}

/// A named tensor, row-major.
pub struct Tensor<'a> {
    /// Its name in files.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: &'a mut [f32],
}

impl State {
    /// The state of a network before its first step.
    pub fn new(net: &Network, recipe: &Recipe, seed: u64) -> Self {
        let weights = Weights::initialise(net, recipe.init, seed);
        State {
            running: RunningStatistics::new(net),
            optimiser: Optimiser::new(recipe.optimiser, &weights),
            progress: Progress::default(),
            weights,
        }
    }

    /// The tensors of the network itself, by PyTorch's names: parameters are `LAYER.weight` and `LAYER.bias`, the running statistics of
    /// batch norms `LAYER.running_mean` and `LAYER.running_var`.
    pub fn network_tensors(&mut self, net: &Network) -> Vec<Tensor<'_>> {
        let parameters = net.parameters().iter().zip(self.weights.tensors_mut());
        let mut tensors: Vec<Tensor<'_>> = parameters
            .map(|(parameter, values)| Tensor { name: parameter.name.clone(), shape: parameter.shape.clone(), values })
            .collect();
        for (layer, channels) in self.running.layers_mut() {
            let layer = &net.layer(layer).name;
            for (kind, values) in [("mean", &mut channels.mean), ("var", &mut channels.variance)] {
                tensors.push(Tensor { name: format!("{layer}.running_{kind}"), shape: vec![values.len()], values });
            }
        }
        tensors
    }

    /// What the optimiser remembers, as `optimiser.SLOT.PARAMETER`.
    pub fn optimiser_tensors(&mut self, net: &Network) -> Vec<Tensor<'_>> {
        let mut tensors = Vec::new();
        for slot in self.optimiser.slots_mut() {
            for (parameter, values) in net.parameters().iter().zip(&mut slot.tensors) {
                let name = format!("optimiser.{}.{}", slot.name, parameter.name);
                tensors.push(Tensor { name, shape: parameter.shape.clone(), values });
            }
        }
        tensors
    }

    /// Whether every number is finite.
    pub fn is_finite(&mut self, net: &Network) -> bool {
        let all_finite = |tensors: Vec<Tensor<'_>>| tensors.iter().all(|t| t.values.iter().all(|x| x.is_finite()));
        all_finite(self.network_tensors(net)) && all_finite(self.optimiser_tensors(net))
    }
}

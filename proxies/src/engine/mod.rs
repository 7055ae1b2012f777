//! Engines: what runs a network on a batch, forward and backward.
//!
//! An engine knows layers, not spaces and not proxies. While a pass goes by it shows what was asked for to the
//! observers and lets it go, so that memory stays one network deep.

mod bits;
mod candle;
#[allow(unsafe_code, reason = "vector kernels; each block says why it is safe")]
mod fused;
mod loss;
mod values;

pub use bits::BitMatrix;
pub use candle::CandleEngine;
pub use fused::{FusedEngine, FusedSettings};
pub use values::{Values, View};

use crate::network::{LayerId, Network, Parameter, RunningStatistics, Weights};
use crate::{Batch, Error, Result};
use std::time::Duration;

/// The numbers an engine computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// 64-bit floats.
    F64,
}

/// What the backward pass differentiates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Mean cross entropy of the logits over the batch's labels.
    CrossEntropy,
    /// Sum of all logits of the batch.
    LogitSum,
}

/// What happens in batch-norm layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Normalisation<'a> {
    /// The statistics of this very batch.
    Batch,
    /// These, whatever the batch: how a trained network is used. They are constants to the backward pass.
    Running(&'a RunningStatistics),
    /// Batch norms pass their input on.
    Removed,
}

/// What observers see of a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// [`Observer::relu_codes`].
    pub relu_codes: bool,
    /// [`Observer::output`].
    pub outputs: bool,
    /// [`Observer::output_gradient`].
    pub output_gradients: bool,
    /// [`Observer::weight`].
    pub weight_gradients: bool,
    /// [`Observer::input_gradient`].
    pub input_gradient: bool,
    /// [`Observer::batch_statistics`].
    pub batch_statistics: bool,
}

impl Watch {
    /// What either wants to see.
    pub fn union(self, other: Watch) -> Watch {
        Watch {
            relu_codes: self.relu_codes || other.relu_codes,
            outputs: self.outputs || other.outputs,
            output_gradients: self.output_gradients || other.output_gradients,
            weight_gradients: self.weight_gradients || other.weight_gradients,
            input_gradient: self.input_gradient || other.input_gradient,
            batch_statistics: self.batch_statistics || other.batch_statistics,
        }
    }

    /// Whether layers are seen one by one. Engines that fuse layers do not then, and round differently.
    pub fn sees_layers(self) -> bool {
        self.outputs || self.output_gradients
    }

    /// Whether any of it takes a backward pass.
    pub fn needs_backward(self) -> bool {
        self.output_gradients || self.weight_gradients || self.input_gradient
    }
}

/// One run of a network: what goes in, what comes out of it, how it is computed and what is shown.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// Images and labels.
    pub batch: &'a Batch,
    /// What the backward pass, if any, differentiates; the loss reported.
    pub objective: Objective,
    /// What batch norms do.
    pub normalisation: Normalisation<'a>,
    /// Numbers computed with.
    pub precision: Precision,
    /// What observers see. The backward pass runs only if something of it is seen.
    pub watch: Watch,
}

/// What a pass came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The logits, batch x classes, row-major.
    pub logits: Vec<f64>,
    /// Value of the objective.
    pub loss: f64,
    /// Time of the forward pass.
    pub forward: Duration,
    /// Time of the backward pass; zero if there was none.
    pub backward: Duration,
}

/// Sees a pass go by. Every method has an empty default.
pub trait Observer {
    /// Which units of a ReLU are on (input > 0): one row an image. Called once for every ReLU, dead ones too; those that read
    /// one value may come together.
    fn relu_codes(&mut self, _layer: LayerId, _codes: &BitMatrix) {}

    /// A layer's output, in forward order.
    fn output(&mut self, _layer: LayerId, _value: &View<'_>) {}

    /// A layer's output with the objective's gradient by it, in backward order; layers that no gradient reaches are left
    /// out.
    fn output_gradient(&mut self, _layer: LayerId, _value: &View<'_>, _gradient: &View<'_>) {}

    /// A parameter with the objective's gradient by it, zeros where none reaches it, in backward order. Both are row-major, as
    /// in [`Weights`].
    fn weight(&mut self, _parameter: &Parameter, _value: Values<'_>, _gradient: Values<'_>) {}

    /// The means and the biased variances that a batch norm found in its batch, over `count` values a channel.
    fn batch_statistics(&mut self, _layer: LayerId, _mean: &[f64], _variance: &[f64], _count: usize) {}

    /// The objective's gradient by the images.
    fn input_gradient(&mut self, _gradient: &View<'_>) {}
}

/// Runs networks. An engine may keep buffers from one network to the next.
pub trait Engine: Send {
    /// Runs one pass of `net` past the observers.
    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Outcome>;
}

impl Engine for Box<dyn Engine> {
    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Outcome> {
        self.as_mut().run(net, weights, pass, observers)
    }
}

impl Pass<'_> {
    /// Whether the batch suits the network: image shape, labels below the number of classes, and running statistics.
    pub(crate) fn check(&self, net: &Network) -> Result<()> {
        if self.batch.shape() != net.input_shape() {
            let message = format!("images are {}, the network takes {}", self.batch.shape(), net.input_shape());
            return Err(Error::Batch(message));
        }
        if let Normalisation::Running(running) = self.normalisation
            && !running.suit(net)
        {
            return Err(Error::Network("the running statistics are those of another network".into()));
        }
        let classes = net.classes();
        match self.batch.labels().iter().position(|&label| label as usize >= classes) {
            Some(n) => {
                let label = self.batch.labels()[n];
                Err(Error::Batch(format!("image {n} has label {label}, the network has {classes} classes")))
            }
            None => Ok(()),
        }
    }
}

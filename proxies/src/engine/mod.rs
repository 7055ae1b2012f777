//! Engines, which run a network on a batch, forward and backward.
//!
//! An engine knows layers, but neither search spaces nor proxies. During a pass it shows observers what they asked for and then
//! frees it, so that it never holds the values of more than one network.

mod apart;
mod bits;
mod candle;
#[allow(unsafe_code, reason = "a device's memory and kernels; each block says why it is safe")]
pub mod cuda;
mod fallback;
#[allow(unsafe_code, reason = "vector kernels; each block says why it is safe")]
mod fused;
mod loss;
mod observe;
mod signs;
#[cfg(test)]
mod tests;
mod values;
mod view;
mod walk;

pub use bits::{BitMatrix, Distances};
pub use candle::{CandleEngine, Curve};
pub use cuda::CudaEngine;
pub use fallback::Fallback;
#[doc(hidden)]
pub use fused::measure;
pub use fused::{FusedEngine, FusedSettings};
pub use observe::{Observer, Watch, Watcher};
pub use signs::Signs;
pub(crate) use values::Numbers;
pub use values::Values;
pub use view::View;

use crate::network::{Layer, Network, Op, RunningStatistics, Weights};
use crate::{Batch, Error, Result};
use std::time::Duration;

/// The floating-point type that an engine computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// 64-bit floats.
    F64,
}

/// What a backward pass differentiates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Objective {
    /// Cross entropy between logits and labels, averaged over the batch.
    #[default]
    CrossEntropy,
    /// Sum of all logits of the batch.
    LogitSum,
    /// The sum of the logits of one image: a backward pass (a round) for each image in turn.
    ImageLogits,
    /// The sum of the logits of one class over the batch: a backward pass (a round) for each class in turn.
    ClassLogits,
    /// One gradient for each pair of neighbouring boundaries of the network, from the last pair to the first: that of the sum of
    /// the later boundary's values times [`Signs`] with respect to the values at the earlier one.
    Signs,
}

/// What batch-norm layers do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Normalisation<'a> {
    /// Normalise with the statistics of the batch itself.
    Batch,
    /// Normalise with these statistics whatever the batch, as a trained network does. They are constants in the backward pass.
    Running(&'a RunningStatistics),
    /// Pass the input on unchanged.
    Removed,
    /// Pass the input on unchanged, except in layers whose name starts with this prefix.
    RemovedBut(&'static str),
}

impl Normalisation<'_> {
    /// Whether this layer is a batch norm that passes its input on.
    pub(crate) fn removes(self, layer: &Layer) -> bool {
        let removed = match self {
            Normalisation::Batch | Normalisation::Running(_) => false,
            Normalisation::Removed => true,
            Normalisation::RemovedBut(prefix) => !layer.name.starts_with(prefix),
        };
        removed && matches!(layer.op, Op::BatchNorm(_))
    }
}

/// One run of a network: its input and how it is computed. The network runs forward once, and backward once for each objective
/// whose gradients observers see.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// Images and labels.
    pub batch: &'a Batch,
    /// What batch norms do.
    pub normalisation: Normalisation<'a>,
    /// Precision of all computations.
    pub precision: Precision,
}

/// The result of a pass.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The logits, batch x classes, row-major.
    pub logits: Vec<f64>,
    /// Time of the forward pass, not counting observers.
    pub forward: Duration,
    /// Time of the backward pass of each objective, not counting observers.
    pub backward: Vec<(Objective, Duration)>,
    /// Time that [`Watch::curvature`] took in addition; zero if no observer asked for it.
    pub curvature: Duration,
}

impl Outcome {
    /// Returns the time that the run would have taken for this watch alone, not counting its observer.
    pub fn cost(&self, watch: Watch) -> Duration {
        let backward =
            self.backward.iter().filter(|(objective, _)| *objective == watch.objective && watch.needs_backward());
        let curvature = if watch.curvature { self.curvature } else { Duration::ZERO };
        self.forward + backward.map(|(_, spent)| *spent).sum::<Duration>() + curvature
    }
}

/// Runs networks. An engine may keep buffers from one network to the next.
pub trait Engine: Send {
    /// Checks whether the engine can run a network.
    ///
    /// # Errors
    /// Names the first layer that the engine does not support.
    fn takes(&self, net: &Network) -> Result<()>;

    /// Runs one pass of `net` and shows it to the watchers.
    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        watchers: &mut [Watcher<'_>],
    ) -> Result<Outcome>;

    /// Returns whether the engine leaves this network to the reference engine, as a [`Fallback`] may.
    fn falls_back(&self, _net: &Network) -> bool {
        false
    }

    /// Returns about how many bytes a run that shows what `watches` ask for would hold at one time, if the engine can tell.
    fn memory(&self, _net: &Network, _pass: &Pass<'_>, _watches: &[Watch]) -> Option<usize> {
        None
    }

    /// Lets fewer networks share the device's memory from now on, if possible; to be called after [`Error::DeviceMemory`]. Returns
    /// whether the failed network is worth another try.
    fn make_room(&mut self) -> bool {
        false
    }
}

impl Engine for Box<dyn Engine> {
    fn takes(&self, net: &Network) -> Result<()> {
        self.as_ref().takes(net)
    }

    fn falls_back(&self, net: &Network) -> bool {
        self.as_ref().falls_back(net)
    }

    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        watchers: &mut [Watcher<'_>],
    ) -> Result<Outcome> {
        self.as_mut().run(net, weights, pass, watchers)
    }

    fn memory(&self, net: &Network, pass: &Pass<'_>, watches: &[Watch]) -> Option<usize> {
        self.as_ref().memory(net, pass, watches)
    }

    fn make_room(&mut self) -> bool {
        self.as_mut().make_room()
    }
}

impl Pass<'_> {
    /// Checks that the batch suits the network (image shape, labels below the number of classes), and that running statistics do.
    pub(crate) fn check(&self, net: &Network, watchers: &[Watcher<'_>]) -> Result<()> {
        if self.batch.shape() != net.input_shape() {
            let message = format!("images are {}, the network takes {}", self.batch.shape(), net.input_shape());
            return Err(Error::Batch(message));
        }
        if let Normalisation::Running(running) = self.normalisation {
            if !running.suit(net) {
                return Err(Error::Network("the running statistics are those of another network".into()));
            }
            if watchers.iter().any(|watcher| watcher.watch().curvature) {
                return Err(Error::Network("curvature is seen with the batch's own statistics only".into()));
            }
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

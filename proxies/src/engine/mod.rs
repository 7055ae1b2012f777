//! Engines: what runs a network on a batch, forward and backward.
//!
//! An engine knows layers, not spaces and not proxies. While a pass goes by it shows what was asked for to the
//! observers and lets it go, so that memory stays one network deep.

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
pub use values::{Values, View};

use crate::network::{Layer, Network, Op, RunningStatistics, Weights};
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

/// What a backward pass differentiates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Objective {
    /// Mean cross entropy of the logits over the batch's labels.
    #[default]
    CrossEntropy,
    /// Sum of all logits of the batch.
    LogitSum,
    /// For each image in turn the sum of its logits: a backward pass for every image, in rounds.
    ImageLogits,
    /// For each class in turn the sum of its logits over the batch: a backward pass for every class, in rounds.
    ClassLogits,
    /// A walk from boundary to boundary of the network, the last one first: at each the sum of its values times [`Signs`] is
    /// differentiated by the values at the boundary before it. It ends at the first boundary.
    Signs,
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
    /// Batch norms pass their input on, but for those whose layers' names begin so.
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

/// One run of a network: what goes in and how it is computed. It goes forward once, and backward once for each objective that
/// observers see gradients of.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// Images and labels.
    pub batch: &'a Batch,
    /// What batch norms do.
    pub normalisation: Normalisation<'a>,
    /// Numbers computed with.
    pub precision: Precision,
}

/// What a pass came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The logits, batch x classes, row-major.
    pub logits: Vec<f64>,
    /// Time of the forward pass, observers aside.
    pub forward: Duration,
    /// Time of the backward pass of each objective, observers aside.
    pub backward: Vec<(Objective, Duration)>,
    /// Time that [`Watch::curvature`] took beside them; zero if nobody asked for it.
    pub curvature: Duration,
}

impl Outcome {
    /// What the run would have taken for a watcher of this watch alone, its observer aside.
    pub fn cost(&self, watch: Watch) -> Duration {
        let backward =
            self.backward.iter().filter(|(objective, _)| *objective == watch.objective && watch.needs_backward());
        let curvature = if watch.curvature { self.curvature } else { Duration::ZERO };
        self.forward + backward.map(|(_, spent)| *spent).sum::<Duration>() + curvature
    }
}

/// Runs networks. An engine may keep buffers from one network to the next.
pub trait Engine: Send {
    /// Whether it runs such a network.
    ///
    /// # Errors
    /// Names the first layer that it does not take.
    fn takes(&self, net: &Network) -> Result<()>;

    /// Runs one pass of `net` past its watchers.
    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        watchers: &mut [Watcher<'_>],
    ) -> Result<Outcome>;

    /// Whether it leaves such a network to the reference engine, as a [`Fallback`] may.
    fn falls_back(&self, _net: &Network) -> bool {
        false
    }

    /// To be called after [`Error::DeviceMemory`]: whether it is worth trying that network once more, because fewer networks will share
    /// the device's memory from now on.
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

    fn make_room(&mut self) -> bool {
        self.as_mut().make_room()
    }
}

impl Pass<'_> {
    /// Whether the batch suits the network: image shape, labels below the number of classes, and running statistics.
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

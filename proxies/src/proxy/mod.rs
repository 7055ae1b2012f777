//! Zero-cost proxies: one file each, and the registry that finds them by name.
//!
//! A proxy says what it needs and gives an observer that collects it while a pass goes by. Adding one takes a file with
//! its formula and a line in [`standard`]; a program that uses this crate hands its own to [`crate::Scorer::new`]. This one sums
//! the absolute gradients of the weights, and shares its pass with every other proxy that needs it:
//!
//! ```
//! use zeronas_proxies::engine::{Observer, Values, Watch};
//! use zeronas_proxies::network::{Network, Parameter, Role};
//! use zeronas_proxies::proxy::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
//!
//! pub struct GradSum;
//!
//! #[derive(Default)]
//! struct Sum(f64);
//!
//! impl Proxy for GradSum {
//!     fn info(&self) -> ProxyInfo {
//!         ProxyInfo {
//!             name: "grad_sum",
//!             direction: Direction::Higher,
//!             scale: Scale::Linear,
//!             cost: Cost::Backward,
//!             summary: "how strongly the loss pulls at the weights",
//!             source: "an example",
//!         }
//!     }
//!
//!     fn needs(&self) -> Needs {
//!         Needs::Passes(&[PassKind::Data], Watch { weight_gradients: true, ..Watch::default() })
//!     }
//!
//!     fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
//!         Box::new(Sum::default())
//!     }
//! }
//!
//! impl Observer for Sum {
//!     fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
//!         if parameter.role == Role::Weight {
//!             self.0 += gradient.sum(f64::abs);
//!         }
//!     }
//! }
//!
//! impl Measurement for Sum {
//!     fn finish(self: Box<Self>) -> Measured {
//!         Ok(self.0)
//!     }
//! }
//! ```

mod activation_changes;
mod az_expressivity;
mod az_progressivity;
mod az_trainability;
mod deepmad;
mod dextr;
mod effective_flops;
mod effective_params;
mod entropies;
mod epads;
mod epads_mean;
mod epe_nas;
pub mod epsinas;
mod fisher;
mod flops;
mod grad_norm;
mod grad_norm_global;
mod gradsign;
mod gradsign_mean;
mod grasp;
mod intrain;
mod jacob_cov;
mod jacobian;
mod known;
mod l2_norm;
mod lnwot;
mod logsynflow;
mod madnas;
mod maps;
mod meco;
mod meco_opt;
pub mod naswot;
mod naswot_bayeswatch;
mod near;
mod near_all;
mod nregions;
mod ntk;
mod params;
mod path_entropies;
mod plain;
mod registry;
mod snip;
mod spectrum;
mod swap;
mod synflow;
mod synflow_bn;
mod synflow_reduce_bn;
mod tensor_sum;
#[cfg(test)]
mod tests;
mod vkdnw;
mod vkdnw_dim;
mod wrcor;
mod wrcor_program;
pub mod zen;
mod zico;

pub use registry::{ALIASES, ALL, GROUPS, find, find_among, standard};

use crate::engine::{Curve, Observer, Watch};
use crate::network::{Network, Weights};
use crate::score::Status;

/// Which end of a proxy's scores is said to be the better architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The larger the better.
    Higher,
    /// The smaller the better.
    Lower,
}

impl Direction {
    /// What makes a higher number better when scores are multiplied with it.
    pub fn sign(self) -> f64 {
        match self {
            Direction::Higher => 1.0,
            Direction::Lower => -1.0,
        }
    }

    /// The score below all others.
    pub fn worst(self) -> f64 {
        self.sign() * f64::NEG_INFINITY
    }

    /// The words that stand in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
        }
    }
}

/// On which scale scores are compared by value (ranks do not care).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As they are.
    Linear,
    /// By their natural logarithm, which is reported beside the score.
    Log,
}

/// What a proxy makes run; proxies share the passes they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// Nothing runs.
    Static,
    /// One image, forward or backward.
    OneImage,
    /// The minibatch forward.
    Forward,
    /// The minibatch forward and backward.
    Backward,
    /// The minibatch forward and backward, and both once more for the derivatives' own derivatives.
    Curvature,
    /// The minibatch forward once, and backward for each class.
    EachClass,
    /// Backward for each image of the minibatch.
    EachImage,
}

impl Cost {
    /// The words that stand in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Cost::Static => "static",
            Cost::OneImage => "one image",
            Cost::Forward => "forward",
            Cost::Backward => "backward",
            Cost::Curvature => "curvature",
            Cost::EachClass => "each class",
            Cost::EachImage => "each image",
        }
    }
}

/// What a proxy is.
#[derive(Clone, Copy, Debug)]
pub struct ProxyInfo {
    /// The field's name for it.
    pub name: &'static str,
    /// Which scores are better.
    pub direction: Direction,
    /// Scale of comparison by value.
    pub scale: Scale,
    /// What it makes run.
    pub cost: Cost,
    /// What it measures, in a line.
    pub summary: &'static str,
    /// Paper or program that defines it.
    pub source: &'static str,
}

/// What a proxy needs before it can tell a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The network as the benchmark writes it, dead layers and all; nothing runs.
    Written,
    /// The network as it would run: the canonical one, unless networks are scored as written. Nothing runs.
    Network,
    /// That network's initial weights; nothing runs.
    Weights,
    /// Passes, in the order of [`PassKind::ALL`], and what to see of each.
    Passes(&'static [PassKind], Watch),
}

/// The kinds of passes that proxies share. Each kind runs at most once a network, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassKind {
    /// The minibatch, batch norm with batch statistics.
    Data,
    /// The same with another minibatch.
    SecondData,
    /// The images of the minibatch one by one, in a run of the engine each: batch norm on the statistics of one image.
    SingleImages,
    /// The minibatch with batch norms that have seen nothing, mean 0 and variance 1, so that images do not see each other.
    RunningData,
    /// The same with a hundredth of noise added to the images.
    ShiftedRunningData,
    /// The minibatch in 64-bit floats, all weights being the smaller of the two numbers of [`epsinas::constants`], biases 0.
    SmallConstant,
    /// The same with the larger.
    LargeConstant,
    /// Synflow's: absolute weights, no batch norm, one image of ones, 64-bit floats.
    Flow,
    /// The same with batch norms kept, on the statistics of that one image.
    NormalisedFlow,
    /// The same with the batch norms of layers called `reduce*` kept: those between the stages of NATS-Bench networks.
    ReductionFlow,
    /// As many images of noise as the minibatch has, every pixel N(0, 1), under its labels, batch norm with batch statistics.
    NormalImages,
    /// The same with batch norms that have seen nothing.
    RunningNormalImages,
    /// The first of these images alone, batch norm on its statistics.
    NormalImage,
    /// No run that is watched: one image goes round a circle, and [`Measurement::curve`] is told how the logits move.
    Circle,
    /// The same with [`Init::Gaussian`](crate::network::Init) weights: Zen-NAS's.
    Zen,
    /// The same with a hundredth of other noise added to the images.
    ShiftedZen,
}

impl PassKind {
    /// All kinds, in the order in which they run.
    pub const ALL: [PassKind; 16] = [
        PassKind::Data,
        PassKind::SecondData,
        PassKind::SingleImages,
        PassKind::RunningData,
        PassKind::ShiftedRunningData,
        PassKind::SmallConstant,
        PassKind::LargeConstant,
        PassKind::Flow,
        PassKind::NormalisedFlow,
        PassKind::ReductionFlow,
        PassKind::NormalImages,
        PassKind::RunningNormalImages,
        PassKind::NormalImage,
        PassKind::Circle,
        PassKind::Zen,
        PassKind::ShiftedZen,
    ];
}

/// A value, or why there is none.
pub type Measured = Result<f64, Status>;

/// A zero-cost proxy.
pub trait Proxy: Send + Sync {
    /// Name, direction, scale, cost and source.
    fn info(&self) -> ProxyInfo;

    /// What it needs.
    fn needs(&self) -> Needs;

    /// A fresh measurement of one network. For [`Needs::Written`] that network is the written one, and no pass will come.
    fn measure(&self, net: &Network) -> Box<dyn Measurement>;
}

/// A measurement in progress: observes a pass, then tells.
pub trait Measurement: Observer {
    /// The seed of the scoring, for a proxy that draws something of its own. Called once, before anything else.
    fn seed(&mut self, _seed: u64) {}

    /// The logits of a pass that it takes part in, images x classes, row-major, once the pass is over.
    fn logits(&mut self, _kind: PassKind, _logits: &[f64]) {}

    /// How the logits move on [`PassKind::Circle`]; none where the network has a layer whose second derivative is not known.
    fn curve(&mut self, _curve: Option<&Curve>) {}

    /// The initial weights. Called once for proxies that need [`Needs::Weights`].
    fn weights(&mut self, _net: &Network, _weights: &Weights) {}

    /// The score, once the pass is over. Values that are not finite become [`Status::Overflow`] later on.
    fn finish(self: Box<Self>) -> Measured;
}

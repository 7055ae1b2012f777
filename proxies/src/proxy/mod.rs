//! Zero-cost proxies: one file each, and the registry that finds them by name.
//!
//! A proxy says what it needs and provides an observer that collects it during a pass. To add one here, write a file with its
//! formula and a line in [`standard`]; a program that uses this crate passes its own to [`crate::Scorer::new`]. This example sums
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

/// Whether higher or lower scores are said to mark the better architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The larger the better.
    Higher,
    /// The smaller the better.
    Lower,
}

impl Direction {
    /// The factor that turns scores into numbers of which higher ones are better.
    pub fn sign(self) -> f64 {
        match self {
            Direction::Higher => 1.0,
            Direction::Lower => -1.0,
        }
    }

    /// A score that is worse than all others.
    pub fn worst(self) -> f64 {
        self.sign() * f64::NEG_INFINITY
    }

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
        }
    }
}

/// The scale on which scores are compared by value (ranks do not depend on it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As they are.
    Linear,
    /// By their natural logarithm, which is reported beside the score.
    Log,
}

/// What has to run for a proxy; proxies share the passes they need.
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
    /// The minibatch forward and backward, and both once more for the second derivatives.
    Curvature,
    /// The minibatch forward once, and backward for each class.
    EachClass,
    /// Backward for each image of the minibatch.
    EachImage,
}

impl Cost {
    /// The words used in tables.
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

/// Description of a proxy.
#[derive(Clone, Copy, Debug)]
pub struct ProxyInfo {
    /// Name in the literature.
    pub name: &'static str,
    /// Which scores are better.
    pub direction: Direction,
    /// Scale of comparison by value.
    pub scale: Scale,
    /// What has to run.
    pub cost: Cost,
    /// What it measures, in one line.
    pub summary: &'static str,
    /// Paper or program that defines it.
    pub source: &'static str,
}

/// What a proxy needs to compute a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The network as the benchmark writes it, including dead layers; nothing runs.
    Written,
    /// The network as it would run: the canonical one, unless networks are scored as written. Nothing runs.
    Network,
    /// That network's initial weights; nothing runs.
    Weights,
    /// Passes, in the order of [`PassKind::ALL`], and what to observe in each.
    Passes(&'static [PassKind], Watch),
}

/// The kinds of passes that proxies share. Each kind runs at most once per network and level of detail (single layers, values between
/// blocks, or neither), however many proxies need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassKind {
    /// The minibatch, batch norm with batch statistics.
    Data,
    /// The same with another minibatch.
    SecondData,
    /// The images of the minibatch, each in its own run of the engine: batch norms use the statistics of that image.
    SingleImages,
    /// The minibatch with batch norms at their initial mean 0 and variance 1, so that images do not affect each other.
    RunningData,
    /// The same with noise added to the images, scaled by 0.01.
    ShiftedRunningData,
    /// The minibatch in 64-bit floats, with all weights set to the smaller number of [`epsinas::constants`] and biases to 0.
    SmallConstant,
    /// The same with the larger number.
    LargeConstant,
    /// The pass of synflow: absolute weights, no batch norm, one image of ones, 64-bit floats.
    Flow,
    /// The same with batch norms kept, which use the statistics of that one image.
    NormalisedFlow,
    /// As [`PassKind::Flow`], but keeping the batch norms of layers called `reduce*`: those between the stages of NATS-Bench networks.
    ReductionFlow,
    /// As many images of noise as the minibatch has, every pixel N(0, 1), with its labels; batch norms use batch statistics.
    NormalImages,
    /// The same with batch norms at their initial statistics.
    RunningNormalImages,
    /// The first of these images alone; batch norms use its statistics.
    NormalImage,
    /// Not an observed run: one image moves along a circle, and [`Measurement::curve`] receives how the logits move.
    Circle,
    /// [`PassKind::NormalImages`] with [`Init::Gaussian`](crate::network::Init) weights, for Zen-NAS.
    Zen,
    /// The same with other noise added to the images, scaled by 0.01.
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

    /// Starts a measurement of one network. For [`Needs::Written`], `net` is the network as written, and no pass follows.
    fn measure(&self, net: &Network) -> Box<dyn Measurement>;
}

/// A measurement in progress: it observes passes, then returns a score.
pub trait Measurement: Observer {
    /// Receives the seed of the scoring, for proxies that draw random numbers of their own. Called once, before any pass.
    fn seed(&mut self, _seed: u64) {}

    /// Receives the logits of a pass that it observes, images x classes, row-major, once the pass is over.
    fn logits(&mut self, _kind: PassKind, _logits: &[f64]) {}

    /// Receives how the logits move on [`PassKind::Circle`], or `None` if the network has a layer whose second derivative is not known.
    fn curve(&mut self, _curve: Option<&Curve>) {}

    /// Receives the initial weights. Called once for proxies that need [`Needs::Weights`].
    fn weights(&mut self, _net: &Network, _weights: &Weights) {}

    /// Returns the score, once all passes are over. Values that are not finite become [`Status::Overflow`] later.
    fn finish(self: Box<Self>) -> Measured;
}

//! Zero-cost proxies: one file each, and the registry that finds them by name.
//!
//! A proxy says what it needs and gives an observer that collects it while a pass goes by. Adding one takes a file with
//! its formula and a line in [`standard`]; a program that uses this crate hands its own to [`crate::Scorer::new`]. This one sums
//! the absolute gradients of the weights, and shares its pass with every other proxy that needs it:
//!
//! ```
//! use zeronas_proxies::engine::{Observer, Values, Watch};
//! use zeronas_proxies::network::{Network, Parameter, Role};
//! use zeronas_proxies::proxy::{Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
//!
//! pub struct GradSum;
//!
//! #[derive(Default)]
//! struct Sum(f64);
//!
//! impl Proxy for GradSum {
//!     fn info(&self) -> ProxyInfo {
//!         ProxyInfo { name: "grad_sum", direction: Direction::Higher, scale: Scale::Linear, source: "an example" }
//!     }
//!
//!     fn needs(&self) -> Needs {
//!         Needs::Pass(PassKind::Data, Watch { weight_gradients: true, ..Watch::default() })
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

mod flops;
mod grad_norm;
pub mod naswot;
mod params;
mod synflow;

use crate::engine::{Observer, Watch};
use crate::network::Network;
use crate::score::Status;
use crate::{Error, Result};
use std::sync::Arc;

/// Which end of a proxy's scores is said to be the better architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The larger the better.
    Higher,
    /// The smaller the better.
    Lower,
}

/// On which scale scores are compared by value (ranks do not care).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As they are.
    Linear,
    /// By their natural logarithm, which is reported beside the score.
    Log,
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
    /// Paper or program that defines it.
    pub source: &'static str,
}

/// What a proxy needs before it can tell a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The network as the benchmark writes it, dead layers and all; nothing runs.
    Written,
    /// A pass, and what to see of it.
    Pass(PassKind, Watch),
}

/// The kinds of passes that proxies share. Each kind runs at most once a network, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassKind {
    /// The minibatch, cross entropy, batch norm with batch statistics.
    Data,
    /// Synflow's: absolute weights, no batch norm, one image of ones, the sum of the logits, 64-bit floats.
    Flow,
}

/// A value, or why there is none.
pub type Measured = std::result::Result<f64, Status>;

/// A zero-cost proxy.
pub trait Proxy: Send + Sync {
    /// Name, direction, scale and source.
    fn info(&self) -> ProxyInfo;

    /// What it needs.
    fn needs(&self) -> Needs;

    /// A fresh measurement of one network. For [`Needs::Written`] that network is the written one, and no pass will come.
    fn measure(&self, net: &Network) -> Box<dyn Measurement>;
}

/// A measurement in progress: observes a pass, then tells.
pub trait Measurement: Observer {
    /// The score, once the pass is over. Values that are not finite become [`Status::Overflow`] later on.
    fn finish(self: Box<Self>) -> Measured;
}

/// All proxies of this crate.
pub fn standard() -> Vec<Arc<dyn Proxy>> {
    vec![
        Arc::new(naswot::Naswot),
        Arc::new(synflow::Synflow),
        Arc::new(grad_norm::GradNorm),
        Arc::new(params::Params),
        Arc::new(flops::Flops),
    ]
}

/// The proxies of these names, in this order; an error for a name that is unknown or comes twice.
pub fn find(names: &[impl AsRef<str>]) -> Result<Vec<Arc<dyn Proxy>>> {
    let known = standard();
    let mut found: Vec<Arc<dyn Proxy>> = Vec::with_capacity(names.len());
    for name in names.iter().map(AsRef::as_ref) {
        if found.iter().any(|proxy| proxy.info().name == name) {
            return Err(Error::Network(format!("proxy `{name}` is asked for twice")));
        }
        match known.iter().find(|proxy| proxy.info().name == name) {
            Some(proxy) => found.push(proxy.clone()),
            None => {
                let known: Vec<&str> = known.iter().map(|proxy| proxy.info().name).collect();
                return Err(Error::UnknownProxy { name: name.into(), known: known.join(", ") });
            }
        }
    }
    Ok(found)
}

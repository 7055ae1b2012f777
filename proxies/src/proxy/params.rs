//! `params`: number of trainable parameters.
//!
//! Everything counts: convolutions, batch norms, the linear layer and its bias, on dead edges too. It is the number in the
//! benchmarks' tables. Range: positive integers.

use super::known::Known;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Number of trainable parameters of the network as written.
pub struct Params;

impl Proxy for Params {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "params",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "trainable parameters, dead edges too",
            source: "the benchmarks' own parameter counts",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Written
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Known(net.parameter_count()))
    }
}

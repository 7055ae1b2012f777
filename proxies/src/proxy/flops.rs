//! `flops`: multiply-accumulates for one image.
//!
//! Convolutions and the linear layer with its bias count, also on dead edges; pools, batch norms and sums are free. It is the
//! number in NATS-Bench's tables (there in millions). Range: positive integers.

use super::known::Known;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Multiply-accumulates of the network as written.
pub struct Flops;

impl Proxy for Flops {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "flops",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "multiply-accumulates for one image, dead edges too",
            source: "Dong et al. 2021, NATS-Bench (its cost counter)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Written
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Known(net.flops()))
    }
}

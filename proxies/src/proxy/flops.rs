//! `flops`: multiply-accumulates for one image.
//!
//! Convolutions and the linear layer with its bias, dead edges too; pools, batch norms and sums are free. It is the number
//! in NATS-Bench's tables (there in millions). Range: positive integers.

use super::{Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::Observer;
use crate::network::Network;

/// Multiply-accumulates of the network as written.
pub struct Flops;

struct Counted(u64);

impl Proxy for Flops {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "flops",
            direction: Direction::Higher,
            scale: Scale::Linear,
            source: "Dong et al. 2021, NATS-Bench (its cost counter)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Written
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Counted(net.flops()))
    }
}

impl Observer for Counted {}

impl Measurement for Counted {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.0 as f64)
    }
}

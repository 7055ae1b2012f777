//! `params`: number of trainable parameters.
//!
//! Everything counts: convolutions, batch norms, the linear layer and its bias, on dead edges too. It is the number in the
//! benchmarks' tables. Range: positive integers.

use super::{Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::Observer;
use crate::network::Network;

/// Number of trainable parameters of the network as written.
pub struct Params;

struct Counted(u64);

impl Proxy for Params {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "params",
            direction: Direction::Higher,
            scale: Scale::Linear,
            source: "the benchmarks' own parameter counts",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Written
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Counted(net.parameter_count()))
    }
}

impl Observer for Counted {}

impl Measurement for Counted {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.0 as f64)
    }
}

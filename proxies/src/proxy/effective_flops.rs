//! `effective_flops`: multiply-accumulates for one image of the network as it runs.
//!
//! Like `flops`, but for the canonical network: layers on no path from the images to the logits do not count, so architectures that
//! are the same network have the same score. If networks are scored as written, it equals `flops`. Range: positive
//! integers. It is not the number in the benchmarks' tables.

use super::known::Known;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Multiply-accumulates of the network as it runs.
pub struct EffectiveFlops;

impl Proxy for EffectiveFlops {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "effective_flops",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "multiply-accumulates of the network that runs, dead edges gone",
            source: "flops, on the canonical network",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Network
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Known(net.flops()))
    }
}

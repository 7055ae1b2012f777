//! `effective_params`: number of trainable parameters of the network as it runs.
//!
//! Like `params`, but for the canonical network: layers on no path from the images to the logits do not count, so architectures that
//! are the same network have the same score. If networks are scored as written, it equals `params`. Range: positive
//! integers. It is not the number in the benchmarks' tables.

use super::known::Known;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Number of trainable parameters of the network as it runs.
pub struct EffectiveParams;

impl Proxy for EffectiveParams {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "effective_params",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "trainable parameters of the network that runs, dead edges gone",
            source: "params, on the canonical network",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Network
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Known(net.parameter_count()))
    }
}

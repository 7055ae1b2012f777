//! `l2_norm`: how large the initial weights are.
//!
//! ```text
//! score = sum over convolution and linear weights W of || W ||_2
//! ```
//!
//! Nothing runs. Under a fixed initialiser the norm of a tensor is close to its expectation, so the score is a count of layers
//! and channels in disguise, a baseline. Batch norms and biases do not count. Range: above 0.

use super::{Cost, Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Values};
use crate::network::{Network, Role, Weights};

/// Sum of the norms of the weight tensors.
pub struct L2Norm;

#[derive(Default)]
struct Norms {
    total: f64,
}

impl Proxy for L2Norm {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "l2_norm",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "norms of the initial weights, summed over weight tensors",
            source: "Abdelfattah et al. 2021, Zero-Cost Proxies for Lightweight NAS (its code)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Norms::default())
    }
}

impl Observer for Norms {}

impl Measurement for Norms {
    fn weights(&mut self, net: &Network, weights: &Weights) {
        let tensors = net.parameters().iter().zip(weights.tensors());
        let prunable = tensors.filter(|(parameter, _)| parameter.role == Role::Weight);
        self.total = prunable.map(|(_, values)| Values::F32(values).norm()).sum();
    }

    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}

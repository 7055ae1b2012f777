//! `synflow`: synaptic flow, how much signal the weights let through, without any data.
//!
//! ```text
//! R     = sum of the logits, all parameters replaced by their absolute values, batch norms removed, input of ones
//! score = sum over convolution and linear weights W of sum | W * dR/dW |
//! ```
//!
//! Without batch norm R grows by orders of magnitude per layer (1e20 to 1e60 on benchmark networks), so the pass is always in
//! 64-bit floats and scores are compared by their logarithm. Range: 0 and up; 0 where no path leads to the logits.

use super::tensor_sum::{TensorSum, saliency, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::Objective;
use crate::network::Network;

/// Synaptic flow, batch norms removed.
pub struct Synflow;

impl Proxy for Synflow {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "synflow",
            direction: Direction::Higher,
            scale: Scale::Log,
            cost: Cost::OneImage,
            summary: "signal that the weights let through: sum |w * dR/dw|, no data",
            source: "Tanaka et al. 2020, Pruning neural networks without any data; as a proxy: Abdelfattah et al. 2021",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Flow], Objective::LogitSum)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(saliency))
    }
}

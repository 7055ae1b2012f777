//! `synflow_bn`: synaptic flow with batch norms kept.
//!
//! ```text
//! R     = sum of the logits, all parameters replaced by their absolute values, input of one image of ones
//! score = sum over convolution and linear weights W of sum | W * dR/dW |
//! ```
//!
//! Batch norms normalise by the statistics of that one image, and R stays small. But subtracting a mean undoes what the
//! absolute weights are for, and a constant channel has no variance: interior pixels are all alike, so only borders tell
//! channels apart. The pass is in 64-bit floats. Range: 0 and up; 0 where no path leads to the logits.

use super::tensor_sum::{TensorSum, saliency, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Synaptic flow, batch norms kept.
pub struct SynflowBn;

impl Proxy for SynflowBn {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "synflow_bn",
            direction: Direction::Higher,
            scale: Scale::Log,
            cost: Cost::OneImage,
            summary: "synflow with batch norms kept, no data",
            source: "Abdelfattah et al. 2021, Zero-Cost Proxies for Lightweight NAS",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(PassKind::NormalisedFlow)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(saliency))
    }
}

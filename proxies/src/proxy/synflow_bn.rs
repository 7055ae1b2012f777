//! `synflow_bn`: synaptic flow with batch norms kept.
//!
//! ```text
//! R     = sum of the logits, all parameters replaced by their absolute values, input of one image of ones
//! score = sum over convolution and linear weights W of sum | W * dR/dW |
//! ```
//!
//! Batch norms normalise by the statistics of that one image, in 64-bit floats. Range: 0 and up, mostly 1e1 to 1e4; 0 where no
//! path leads to the logits.
//!
//! Not a sound measurement of every network. Away from the borders all pixels of an image of ones stay alike, so channels
//! become constant (after max pools) or hold two values (in 1x1 convolutions). A batch norm then cancels the gradient exactly and
//! leaves its rounding, which every norm on the way back makes up to 1 / sqrt(1e-5) = 316 times larger. Programs that
//! add in another order differ on such networks, some by many orders of magnitude. Of 58 reference networks 45 are met to
//! 1e-9; the other 13 are not compared, and of these the cause is worked out for one.

use super::tensor_sum::{TensorSum, saliency, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::Objective;
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
        weight_gradients(&[PassKind::NormalisedFlow], Objective::LogitSum)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(saliency))
    }
}

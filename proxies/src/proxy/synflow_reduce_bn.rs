//! `synflow_reduce_bn`: synaptic flow as the zero-cost-nas program actually computes it on NAS-Bench-201.
//!
//! ```text
//! R     = sum of the logits, all parameters replaced by their absolute values, input of one image of ones,
//!         batch norms removed but for those of the blocks between stages (layers called `reduce*`)
//! score = sum over convolution and linear weights W of sum | W * dR/dW |
//! ```
//!
//! For `synflow`, the program builds its network without batch norm, but does not pass this setting on to the two blocks, whose four
//! batch norms stay and use the statistics of the one image. Networks without such layers score as in `synflow`. Range: 0 and
//! up; 0 where no path leads to the logits.

use super::tensor_sum::{TensorSum, saliency, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::Objective;
use crate::network::Network;

/// Synaptic flow, batch norms kept between stages.
pub struct SynflowReduceBn;

impl Proxy for SynflowReduceBn {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "synflow_reduce_bn",
            direction: Direction::Higher,
            scale: Scale::Log,
            cost: Cost::OneImage,
            summary: "synflow with batch norms kept between stages, no data",
            source: "Abdelfattah et al. 2021 (what their program does on NAS-Bench-201)",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::ReductionFlow], Objective::LogitSum)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(saliency))
    }
}

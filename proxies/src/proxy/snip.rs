//! `snip`: how much the loss would change if single weights were removed.
//!
//! ```text
//! score = sum over convolution and linear weights W of sum | W * dL/dW |
//! ```
//!
//! L is the mean cross entropy of one minibatch; batch norms use its statistics. W * dL/dW is the gradient with respect to a mask of
//! ones on W, so no mask is needed. Batch norms and biases do not count. Range: 0 and up; 0 where the logits do not depend on the
//! weights. The size of the score depends on the initialiser.

use super::tensor_sum::{TensorSum, saliency, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::Objective;
use crate::network::Network;

/// Sum of the saliencies of all weights.
pub struct Snip;

impl Proxy for Snip {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "snip",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "loss change if single weights went: sum |w * dL/dw|",
            source: "Lee et al. 2019, SNIP; as a proxy: Abdelfattah et al. 2021",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Data], Objective::CrossEntropy)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(saliency))
    }
}

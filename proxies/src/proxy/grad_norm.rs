//! `grad_norm`: how strongly the loss pulls at the weights.
//!
//! ```text
//! score = sum over convolution and linear weights W of || dL/dW ||_2
//! ```
//!
//! L is the mean cross entropy of one minibatch; batch norms use its statistics. The norms of the tensors are *added*; the
//! ZenNAS variant, one norm over all parameters, is `grad_norm_global`. Batch norms and biases do not count. Range: 0 and up;
//! 0 where the logits do not depend on the weights.

use super::tensor_sum::{TensorSum, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Values};
use crate::network::Network;

/// Sum of the gradient norms of the weight tensors.
pub struct GradNorm;

impl Proxy for GradNorm {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "grad_norm",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "norms of the loss gradient, summed over weight tensors",
            source: "Abdelfattah et al. 2021, Zero-Cost Proxies for Lightweight NAS",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Data], Objective::CrossEntropy)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(|_: Values<'_>, g: Values<'_>| g.norm()))
    }
}

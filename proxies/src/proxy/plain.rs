//! `plain`: weights times their gradients, signs kept.
//!
//! ```text
//! score = sum over convolution and linear weights W of sum W * dL/dW
//! ```
//!
//! L is the mean cross entropy of one minibatch; batch norms use its statistics. Batch norms and biases do not count. Range:
//! any sign. A convolution that a batch norm follows can be scaled without changing the logits, so its sum is 0 apart from
//! rounding and the norm's epsilon: what is left comes from the few layers without a norm (shortcuts, the linear layer).
//! In 32-bit floats its error is that of a difference of large terms, about 1e-7 of `snip`.

use super::tensor_sum::{TensorSum, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Values};
use crate::network::Network;

/// Sum of weight times gradient.
pub struct Plain;

impl Proxy for Plain {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "plain",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "sum w * dL/dw, signs kept",
            source: "Mozer and Smolensky 1989; as a proxy: Abdelfattah et al. 2021",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Data], Objective::CrossEntropy)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(|w: Values<'_>, g: Values<'_>| w.sum_with(g, |w, g| w * g)))
    }
}

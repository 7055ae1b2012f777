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
//! This is not a sound measurement of every network. Away from the borders all pixels of an image of ones stay alike, so channels
//! become constant (after max pools) or hold two values (in 1x1 convolutions). A batch norm then cancels the gradient exactly and
//! leaves rounding errors, which every norm on the way back amplifies by up to 1 / sqrt(1e-5) = 316. Programs that
//! add in another order differ on such networks, some by many orders of magnitude. Of 58 reference networks, 45 are matched to
//! 1e-9; the other 13 are not compared, and the cause has been worked out for one of them.
//!
//! If only sums and linear layers follow the last batch norms, R depends on their shifts alone: only the weights after them
//! count, and if all shifts are 0 the status is `constant`.

use super::tensor_sum::{TensorSum, saliency, weight_gradients};
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Observer, Values};
use crate::network::{LayerId, Network, Parameter, Role};
use crate::score::Status;

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

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        if net.sums_to_a_constant() { Box::new(Tail::new(net)) } else { Box::new(TensorSum::of(saliency)) }
    }
}

/// The sum over the weights after the last batch norms, for networks whose other gradients are rounding because R depends on shifts alone.
struct Tail {
    /// For each layer, whether it is one of the last batch norms or after them.
    layers: Vec<bool>,
    output: LayerId,
    /// Whether any shift or bias of these layers, except the output layer's, is not zero.
    shifted: bool,
    total: f64,
}

impl Tail {
    fn new(net: &Network) -> Self {
        Tail { layers: net.constant_tail(), output: net.output(), shifted: false, total: 0.0 }
    }
}

impl Observer for Tail {
    fn weight(&mut self, parameter: &Parameter, value: Values<'_>, gradient: Values<'_>) {
        if !self.layers[parameter.layer.index()] {
            return;
        }
        match parameter.role {
            Role::Weight => self.total += saliency(value, gradient),
            Role::Shift | Role::Bias { .. } => self.shifted |= parameter.layer != self.output && value.norm() > 0.0,
            Role::Scale { .. } => {}
        }
    }
}

impl Measurement for Tail {
    fn finish(self: Box<Self>) -> Measured {
        if self.shifted { Ok(self.total) } else { Err(Status::Constant) }
    }
}

//! `logsynflow`: synaptic flow with gradients on a log scale, so that a few huge ones do not dominate.
//!
//! ```text
//! R     = sum of the logits, all parameters replaced by their absolute values, batch norms removed, input of ones
//! score = sum over convolution and linear weights W of sum | W * ln(1 + dR/dW) |
//! ```
//!
//! The pass is that of `synflow`, in 64-bit floats, and shared with it. Range: 0 and up, 1e4 to 1e7 on benchmark networks; 0 where
//! no path leads to the logits. The reference averages over three initialisations: score with three seeds for that.

use super::tensor_sum::{TensorSum, weight_gradients};
use super::{Cost, Direction, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Values};
use crate::network::Network;

/// Synaptic flow, batch norms removed, logarithm of the gradients.
pub struct LogSynflow;

impl Proxy for LogSynflow {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "logsynflow",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::OneImage,
            summary: "synflow with ln(1 + gradient), no data",
            source: "Cavagnero et al. 2023, FreeREA",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Flow], Objective::LogitSum)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(TensorSum::of(|w: Values<'_>, g: Values<'_>| w.sum_with(g, |w, g| (w * g.ln_1p()).abs())))
    }
}

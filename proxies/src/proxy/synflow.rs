//! `synflow`: synaptic flow, how much signal the weights let through, data or not.
//!
//! ```text
//! R     = sum of the logits, all parameters replaced by their absolute values, batch norms removed, input of ones
//! score = sum over convolution and linear weights W of sum | W * dR/dW |
//! ```
//!
//! Without batch norm R grows by orders of magnitude a layer (1e20 to 1e60 on benchmark networks), so the pass is always in
//! 64-bit floats and scores are compared by their logarithm. Range: 0 and up; 0 where no path leads to the logits.

use super::{Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Values, Watch};
use crate::network::{Network, Parameter, Role};

/// Synaptic flow, batch norms removed.
pub struct Synflow;

#[derive(Default)]
struct Flow {
    total: f64,
}

impl Proxy for Synflow {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "synflow",
            direction: Direction::Higher,
            scale: Scale::Log,
            source: "Tanaka et al. 2020, Pruning neural networks without any data; as a proxy: Abdelfattah et al. 2021",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Pass(PassKind::Flow, Watch { weight_gradients: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Flow::default())
    }
}

impl Observer for Flow {
    fn weight(&mut self, parameter: &Parameter, value: Values<'_>, gradient: Values<'_>) {
        if parameter.role == Role::Weight {
            self.total += value.sum_with(gradient, |w, g| (w * g).abs());
        }
    }
}

impl Measurement for Flow {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}

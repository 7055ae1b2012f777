//! `grad_norm`: how strongly the loss pulls at the weights.
//!
//! ```text
//! score = sum over convolution and linear weights W of || dL/dW ||_2
//! ```
//!
//! L is the mean cross entropy of one minibatch, batch norms use its statistics. The norms of the tensors are *added*; the
//! ZenNAS variant, one norm over all parameters, is another proxy. Batch norms and biases do not count. Range: 0 and up;
//! 0 where the logits do not depend on the weights.

use super::{Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Values, Watch};
use crate::network::{Network, Parameter, Role};

/// Sum of the gradient norms of the weight tensors.
pub struct GradNorm;

#[derive(Default)]
struct Norms {
    total: f64,
}

impl Proxy for GradNorm {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "grad_norm",
            direction: Direction::Higher,
            scale: Scale::Linear,
            source: "Abdelfattah et al. 2021, Zero-Cost Proxies for Lightweight NAS",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Pass(PassKind::Data, Watch { weight_gradients: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Norms::default())
    }
}

impl Observer for Norms {
    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        if parameter.role == Role::Weight {
            self.total += gradient.norm();
        }
    }
}

impl Measurement for Norms {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}

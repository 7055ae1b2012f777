//! `grad_norm_global`: the length of the loss gradient.
//!
//! ```text
//! score = || dL/dP ||_2 over all parameters P together
//! ```
//!
//! L is the mean cross entropy of one minibatch; batch norms use its statistics. The scales and shifts of batch norms and the linear
//! bias count, unlike in `grad_norm`, which adds up the norms of the weight tensors. The reference uses random images and labels and
//! Gaussian weights: `--images synthetic --init gaussian` does the same. Range: 0 and up; above 0 also on a disconnected network,
//! where the linear bias still gets a gradient.

use super::tensor_sum::weight_gradients;
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Observer, Values};
use crate::network::{Network, Parameter};

/// Norm of the gradient with respect to all parameters.
pub struct GradNormGlobal;

#[derive(Default)]
struct Squares {
    total: f64,
}

impl Proxy for GradNormGlobal {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "grad_norm_global",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "norm of the loss gradient by all parameters together",
            source: "Lin et al. 2021, Zen-NAS (its gradient-norm baseline)",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Data], Objective::CrossEntropy)
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Squares::default())
    }
}

impl Observer for Squares {
    fn weight(&mut self, _parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        self.total += gradient.sum(|g| g * g);
    }
}

impl Measurement for Squares {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total.sqrt())
    }
}

//! `zico`: how large the loss gradients are, and how stable from one minibatch to another.
//!
//! ```text
//! g1, g2 = dL/dW on two minibatches
//! t_W    = sum over the weights of W, but those with g1 = g2, of mean(|g1|, |g2|) / std(g1, g2)
//! score  = sum over convolution and linear weights W with t_W > 0 of ln t_W
//! ```
//!
//! L is the mean cross entropy; batch norms use the statistics of their batch; std is that of the two values, |g1 - g2| / 2. A
//! weight whose two gradients differ only by rounding dominates the sum, so scores of networks whose logits do not depend on the
//! images, where this holds for all weights, are meaningless. Status `zero` where no weight gets two different gradients.

use super::tensor_sum::weight_gradients;
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Observer, Pass, Values};
use crate::network::{Network, Parameter, Role};
use crate::score::Status;

/// Inverse coefficients of variation of the gradients.
pub struct Zico;

struct Gradients {
    /// For each layer with weights, their gradient on the first minibatch.
    first: Vec<Vec<f64>>,
    /// Number of minibatches seen.
    batches: usize,
    /// ln t_W.
    logarithms: Vec<f64>,
}

impl Proxy for Zico {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "zico",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "size over spread of the loss gradients on two minibatches",
            source: "Li et al. 2023, ZiCo",
        }
    }

    fn needs(&self) -> Needs {
        weight_gradients(&[PassKind::Data, PassKind::SecondData], Objective::CrossEntropy)
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Gradients { first: vec![Vec::new(); net.layers().len()], batches: 0, logarithms: Vec::new() })
    }
}

impl Observer for Gradients {
    fn start(&mut self, _pass: &Pass<'_>) {
        self.batches += 1;
    }

    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        if parameter.role != Role::Weight {
            return;
        }
        let first = &mut self.first[parameter.layer.index()];
        if self.batches == 1 {
            first.extend((0..gradient.len()).map(|i| gradient.get(i)));
            return;
        }
        let ratio = |g1: f64, g2: f64| if g1 == g2 { 0.0 } else { (g1.abs() + g2.abs()) / (g1 - g2).abs() };
        let total = Values::F64(first).sum_with(gradient, ratio);
        if total != 0.0 {
            self.logarithms.push(total.ln());
        }
    }
}

impl Measurement for Gradients {
    fn finish(self: Box<Self>) -> Measured {
        if self.logarithms.is_empty() { Err(Status::Zero) } else { Ok(self.logarithms.iter().sum()) }
    }
}

//! Stochastic gradient descent with Nesterov momentum, as in PyTorch (`torch.optim.SGD`, no dampening):
//!
//! ```text
//! g = gradient + weight_decay w
//! v = momentum v + g                  v starts at 0
//! w = w - rate (g + momentum v)       without Nesterov: w - rate v
//! ```

use serde::Serialize;

/// The settings of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sgd {
    /// Share of the last step's velocity that is kept.
    pub momentum: f32,
    /// Whether the gradient looks ahead.
    pub nesterov: bool,
    /// How strongly every parameter is pulled towards zero.
    pub weight_decay: f32,
}

impl Sgd {
    pub(super) const SLOTS: [(&'static str, f32); 1] = [("momentum", 0.0)];

    pub(super) fn step(&self, weights: &mut [f32], gradient: &[f32], momentum: &mut [f32], rate: f64) {
        let rate = rate as f32;
        for ((w, &g), v) in weights.iter_mut().zip(gradient).zip(momentum) {
            let g = g + self.weight_decay * *w;
            *v = self.momentum * *v + g;
            *w -= rate * if self.nesterov { g + self.momentum * *v } else { *v };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gradients and learning rates of three steps.
    const STEPS: [([f32; 3], f64); 3] = [([0.3, -0.1, 0.0], 0.1), ([-0.2, 0.4, 1.0], 0.05), ([0.7, 0.7, -0.7], 0.025)];

    /// From `torch.optim.SGD` of PyTorch 2 in float32, with these gradients.
    #[test]
    fn steps_are_pytorchs() {
        let nesterov = [
            [0.942_905, -1.980_81, 0.499_952_5],
            [0.949_69, -2.014_625_5, 0.404_918_6],
            [0.914_981_25, -2.054_067, 0.417_899_37],
        ];
        let plain = [
            [0.969_95, -1.989_9, 0.499_975],
            [0.966_403_25, -2.005_305_3, 0.449_951_26],
            [0.947_295_1, -2.029_712_7, 0.444_934_96],
        ];
        for (nesterov, expected) in [(true, nesterov), (false, plain)] {
            let sgd = Sgd { momentum: 0.9, nesterov, weight_decay: 5e-4 };
            let (mut weights, mut momentum) = ([1.0, -2.0, 0.5], [0.0; 3]);
            for ((gradient, rate), expected) in STEPS.iter().zip(expected) {
                sgd.step(&mut weights, gradient, &mut momentum, *rate);
                for (weight, expected) in weights.iter().zip(expected) {
                    assert!((weight - expected).abs() < 2e-7, "{weights:?}, {expected:?}");
                }
            }
        }
    }
}

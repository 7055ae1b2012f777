//! RMSProp as in TensorFlow 1 (`tf.train.RMSPropOptimizer`), which NAS-Bench-101 was trained with. It differs from
//! PyTorch's: epsilon is inside the root, the momentum is over steps already scaled by the learning rate, and the mean
//! square starts at 1.
//!
//! ```text
//! g = gradient + weight_decay w                   the gradient of a loss with weight_decay |w|^2 / 2
//! s = decay s + (1 - decay) g^2                   s starts at 1
//! m = momentum m + rate g / sqrt(s + epsilon)     m starts at 0
//! w = w - m
//! ```

use serde::Serialize;

/// The settings of RMSProp.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RmsProp {
    /// Share of the mean square that is kept.
    pub decay: f32,
    /// Share of the last step that is kept.
    pub momentum: f32,
    /// Added to the mean square.
    pub epsilon: f32,
    /// How strongly every parameter is pulled towards zero.
    pub weight_decay: f32,
}

impl RmsProp {
    pub(super) const SLOTS: [(&'static str, f32); 2] = [("mean_square", 1.0), ("momentum", 0.0)];

    pub(super) fn step(
        &self,
        weights: &mut [f32],
        gradient: &[f32],
        mean_square: &mut [f32],
        momentum: &mut [f32],
        rate: f64,
    ) {
        let rate = rate as f32;
        for (((w, &g), s), m) in weights.iter_mut().zip(gradient).zip(mean_square).zip(momentum) {
            let g = g + self.weight_decay * *w;
            *s = self.decay * *s + (1.0 - self.decay) * g * g;
            *m = self.momentum * *m + rate * g / (*s + self.epsilon).sqrt();
            *w -= *m;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From TensorFlow's formula in float64.
    #[test]
    fn steps_are_tensorflows() {
        let rule = RmsProp { decay: 0.9, momentum: 0.9, epsilon: 1.0, weight_decay: 1e-4 };
        let (mut weights, mut square, mut momentum) = ([1.0, -2.0, 0.5], [1.0; 3], [0.0; 3]);
        let steps = [
            ([0.3, -0.1, 0.0], 0.2, [0.956_559_8, -1.985_465_3, 0.499_992_75]),
            ([-0.2, 0.4, 1.0], 0.1, [0.932_272_87, -2.001_963_4, 0.427_625_33]),
            ([0.7, 0.7, -0.7], 0.05, [0.884_242_95, -2.042_941_3, 0.388_101_3]),
        ];
        for (gradient, rate, expected) in steps {
            rule.step(&mut weights, &gradient, &mut square, &mut momentum, rate);
            for (weight, expected) in weights.iter().zip(expected) {
                assert!((weight - expected).abs() < 3e-7, "{weights:?}, {expected:?}");
            }
        }
    }
}

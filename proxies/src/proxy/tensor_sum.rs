//! Code shared by the proxies that add up a term over the weight tensors and their gradients.

use super::{Measured, Measurement, Needs, PassKind};
use crate::engine::{Objective, Observer, Values, Watch};
use crate::network::{Parameter, Role};

/// The sum of a term over all convolution and linear weights. Batch norms and biases do not count.
pub(super) struct TensorSum<F> {
    term: F,
    total: f64,
}

impl<F: Fn(Values<'_>, Values<'_>) -> f64> TensorSum<F> {
    /// Sums `term(weight, gradient)`.
    pub fn of(term: F) -> Self {
        TensorSum { term, total: 0.0 }
    }
}

/// Passes that show weights with their gradients.
pub(super) fn weight_gradients(passes: &'static [PassKind], objective: Objective) -> Needs {
    Needs::Passes(passes, Watch { objective, weight_gradients: true, ..Watch::default() })
}

/// The sum of | W * gradient |.
pub(super) fn saliency(weight: Values<'_>, gradient: Values<'_>) -> f64 {
    weight.sum_with(gradient, |w, g| (w * g).abs())
}

impl<F: Fn(Values<'_>, Values<'_>) -> f64> Observer for TensorSum<F> {
    fn weight(&mut self, parameter: &Parameter, value: Values<'_>, gradient: Values<'_>) {
        if parameter.role == Role::Weight {
            self.total += (self.term)(value, gradient);
        }
    }
}

impl<F: Fn(Values<'_>, Values<'_>) -> f64> Measurement for TensorSum<F> {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.total)
    }
}

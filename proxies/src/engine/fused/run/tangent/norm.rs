//! Batch norms whose statistics change: factors and constants per channel, as in [`super::super::norm`].

use super::super::norm::{Moments, Norm};
use super::super::pad;
use crate::engine::fused::lanes::Float;

/// The tangent of a batch norm as its input z changes by z': y' = scale * z' + scale' * z + shift'.
pub(super) struct NormTangent<F> {
    /// scale', one per channel including padding.
    pub scale: Vec<F>,
    /// shift', one per channel.
    pub shift: Vec<f64>,
    mean: Vec<f64>,
    inverse_deviation: Vec<f64>,
}

/// The backward step of a batch norm and its tangent:
/// dL/dz = by_g * dL/dy + by_x * z + constant, and, with the tangents of dL/dy and z,
/// by_g * (dL/dy)' + by_x * z' + by_g' * dL/dy + by_x' * z + constant'. One of each per channel, including padding.
pub(super) struct NormBackward<F> {
    pub step: Step<F>,
    pub tangent: Step<F>,
}

/// Factors and a constant per channel.
pub(super) struct Step<F> {
    pub by_g: Vec<F>,
    pub by_x: Vec<F>,
    pub constant: Vec<F>,
}

/// Sums over a batch for the backward step of a changing batch norm, each with sums of products.
pub(super) struct Sums {
    /// Of dL/dy; the products are with z.
    pub g: Moments,
    /// Of (dL/dy)'; the products are with z.
    pub g_tangent: Moments,
    /// Of dL/dy; the products are with z'. `None` if z is constant.
    pub g_by_tangent: Option<Moments>,
}

impl<F: Float> NormTangent<F> {
    /// Computes the tangent from the sums of z' and of its product with z (`None` if z is constant) over `count` values per
    /// channel, and from the tangent of epsilon. If epsilon changes in place of the input's weights, which grow in proportion,
    /// its tangent is -2 epsilon: (1 + t) z with epsilon is equivalent to z with epsilon / (1 + t)^2.
    pub fn new(norm: &Norm<F>, z_tangent: Option<&Moments>, count: usize, epsilon: f64) -> Self {
        let channels = norm.statistics.mean.len();
        let vector = || Vec::with_capacity(channels);
        let (mut scale, mut shift, mut means, mut inverses) =
            (Vec::with_capacity(channels), vector(), vector(), vector());
        for c in 0..channels {
            let (mean, inverse, learned) = (norm.statistics.mean[c], norm.inverse_deviation[c], norm.learned_scale[c]);
            let [sum, product] =
                z_tangent.map_or([0.0; 2], |z| [z.sum[c], z.products[c]].map(|sum| sum / count as f64));
            let variance = 2.0 * (product - mean * sum);
            let inverse_tangent = -0.5 * inverse.powi(3) * (variance + epsilon);
            let factor = learned * inverse_tangent;
            scale.push(F::from_f64(factor));
            shift.push(-sum * learned * inverse - mean * factor);
            means.push(sum);
            inverses.push(inverse_tangent);
        }
        NormTangent { scale: pad(scale), shift, mean: means, inverse_deviation: inverses }
    }

    /// Computes the backward step over `count` values per channel.
    pub fn backward(&self, norm: &Norm<F>, sums: &Sums, count: usize) -> NormBackward<F> {
        let count = count as f64;
        let (mut step, mut tangent) = (Step::new(), Step::new());
        for c in 0..self.mean.len() {
            let (mean, inverse, learned) = (norm.statistics.mean[c], norm.inverse_deviation[c], norm.learned_scale[c]);
            let (mean_tangent, inverse_tangent) = (self.mean[c], self.inverse_deviation[c]);
            let (total, total_tangent) = (sums.g.sum[c], sums.g_tangent.sum[c]);
            let products_tangent =
                sums.g_tangent.products[c] + sums.g_by_tangent.as_ref().map_or(0.0, |sums| sums.products[c]);
            let centred = sums.g.products[c] - mean * total;
            let centred_tangent = products_tangent - mean_tangent * total - mean * total_tangent;

            let by_g = learned * inverse;
            let by_g_tangent = learned * inverse_tangent;
            let by_x = -by_g * inverse * inverse * centred / count;
            let by_x_tangent =
                -learned * inverse * inverse * (3.0 * inverse_tangent * centred + inverse * centred_tangent) / count;
            step.push(by_g, by_x, -by_g * total / count - by_x * mean);
            let constant =
                -(by_g_tangent * total + by_g * total_tangent) / count - by_x_tangent * mean - by_x * mean_tangent;
            tangent.push(by_g_tangent, by_x_tangent, constant);
        }
        NormBackward { step: step.padded(), tangent: tangent.padded() }
    }
}

impl<F: Float> Step<F> {
    fn new() -> Self {
        Step { by_g: Vec::new(), by_x: Vec::new(), constant: Vec::new() }
    }

    fn push(&mut self, by_g: f64, by_x: f64, constant: f64) {
        self.by_g.push(F::from_f64(by_g));
        self.by_x.push(F::from_f64(by_x));
        self.constant.push(F::from_f64(constant));
    }

    fn padded(self) -> Self {
        Step { by_g: pad(self.by_g), by_x: pad(self.by_x), constant: pad(self.constant) }
    }
}

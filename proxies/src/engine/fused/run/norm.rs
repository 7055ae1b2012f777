//! Batch norm as a factor and a constant per channel, forward and backward.
//!
//! With given statistics both are constants, and the backward step is just the factor.
//!
//! Sums within a chunk of images are in the precision of the run, sums over chunks in f64; everything computed from them is in
//! f64 and rounded once.

use super::super::lanes::Float;
use super::pad;
use crate::network::Channels;

/// The statistics of a batch norm's input, for each channel.
#[derive(Clone, Debug)]
pub(super) struct Statistics {
    pub mean: Vec<f64>,
    pub variance: Vec<f64>,
    /// Whether they were computed from the batch, and so depend on it.
    pub measured: bool,
}

impl Statistics {
    /// Computes statistics from these sums over `count` values per channel.
    pub fn of(moments: &Moments, channels: usize, count: usize) -> Self {
        let count = count as f64;
        let mean: Vec<f64> = moments.sum[..channels].iter().map(|sum| sum / count).collect();
        let variance = mean.iter().zip(&moments.products).map(|(mean, squares)| {
            let variance = squares / count - mean * mean;
            // Rounding may lead to a negative variance; NaN is kept.
            if variance < 0.0 { 0.0 } else { variance }
        });
        Statistics { variance: variance.collect(), mean, measured: true }
    }

    /// Converts running statistics.
    pub fn given(channels: &Channels) -> Self {
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect();
        Statistics { mean: wide(&channels.mean), variance: wide(&channels.variance), measured: false }
    }
}

/// Sums over a batch for each channel.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    pub sum: Vec<f64>,
    /// Sums of products with another value, or of squares.
    pub products: Vec<f64>,
}

impl Moments {
    /// Adds up the sums of chunks, each with `channels` sums and as many sums of products.
    pub fn of<F: Float>(chunks: &[F], channels: usize) -> Self {
        let mut moments = Moments { sum: vec![0.0; channels], products: vec![0.0; channels] };
        for chunk in chunks.chunks_exact(2 * channels) {
            let totals = moments.sum.iter_mut().chain(&mut moments.products);
            totals.zip(chunk).for_each(|(total, &part)| *total += part.to_f64());
        }
        moments
    }
}

/// A batch norm with its statistics: y = scale * x + shift.
#[derive(Clone, Debug)]
pub(super) struct Norm<F> {
    /// One per channel, including padding.
    pub scale: Vec<F>,
    /// One per channel, in f64.
    pub shift: Vec<f64>,
    pub(super) statistics: Statistics,
    pub(super) inverse_deviation: Vec<f64>,
    pub(super) learned_scale: Vec<f64>,
    pub(super) epsilon: f64,
}

/// The backward step of a batch norm: dL/dx = by_g * dL/dy + by_x * x + constant, and the gradients of its parameters.
pub(super) struct NormBackward<F> {
    pub by_g: Vec<F>,
    pub by_x: Vec<F>,
    pub constant: Vec<F>,
    pub by_scale: Vec<F>,
    pub by_shift: Vec<F>,
}

impl<F: Float> Norm<F> {
    /// Creates a batch norm with these statistics, its scale and shift, if it has them, and its epsilon.
    pub fn new(statistics: Statistics, affine: Option<[&[f32]; 2]>, epsilon: f64) -> Self {
        let channels = statistics.mean.len();
        let mut norm = Norm {
            scale: Vec::with_capacity(channels),
            shift: Vec::with_capacity(channels),
            inverse_deviation: Vec::with_capacity(channels),
            learned_scale: (0..channels).map(|c| affine.map_or(1.0, |[scale, _]| f64::from(scale[c]))).collect(),
            statistics,
            epsilon,
        };
        for (c, &learned) in norm.learned_scale.iter().enumerate() {
            let (mean, variance) = (norm.statistics.mean[c], norm.statistics.variance[c]);
            let inverse = 1.0 / (variance + epsilon).sqrt();
            let factor = learned * inverse;
            norm.scale.push(F::from_f64(factor));
            norm.shift.push(affine.map_or(0.0, |[_, shift]| f64::from(shift[c])) - mean * factor);
            norm.inverse_deviation.push(inverse);
        }
        norm.scale = pad(norm.scale);
        norm
    }

    /// Computes the backward step from the sums of the gradient and of its product with x.
    pub fn backward(&self, moments: &Moments, count: usize) -> NormBackward<F> {
        let count = count as f64;
        let channels = self.learned_scale.len();
        let vector = || Vec::with_capacity(channels);
        let mut step =
            NormBackward { by_g: vector(), by_x: vector(), constant: vector(), by_scale: vector(), by_shift: vector() };
        for c in 0..channels {
            let (mean, inverse, total) = (self.statistics.mean[c], self.inverse_deviation[c], moments.sum[c]);
            let by_scale = inverse * (moments.products[c] - mean * total);
            let by_g = self.learned_scale[c] * inverse;
            let (by_x, constant) = if self.statistics.measured {
                let by_x = -by_g * inverse * by_scale / count;
                (by_x, -by_g * total / count - by_x * mean)
            } else {
                (0.0, 0.0)
            };
            step.by_g.push(F::from_f64(by_g));
            step.by_x.push(F::from_f64(by_x));
            step.constant.push(F::from_f64(constant));
            step.by_scale.push(F::from_f64(by_scale));
            step.by_shift.push(F::from_f64(total));
        }
        [step.by_g, step.by_x, step.constant] = [step.by_g, step.by_x, step.constant].map(pad);
        step
    }
}

//! `vkdnw`: how evenly the Fisher information of a network's weights is spread.
//!
//! ```text
//! J_n   = derivatives of image n's logits by the first number of each of the first 128 parameter tensors, classes x tensors
//! p     = f softmax(logits of n) + s, smoothed; q_k = 1 - (p_1 + .. + p_k), q_K = 0, q_0 = 1
//! L_n   = lower triangular: L_kk = d_k = sqrt(p_k q_k / q_(k-1)), L_ik = - p_i d_k / q_k; L L^T = diag(p) - p p^T
//! F     = mean over images of (L_n J_n)^T (L_n J_n)
//! t     = deciles .1 ... .9 of F's singular values (linear between them) / (their sum + 1e-10)
//! score = - sum of t ln(t + 1e-10)
//! ```
//!
//! The images are noise, every pixel N(0, 1), as many as the minibatch has; batch norms use mean 0 and variance 1, so that images do not
//! affect each other. A backward pass for each class makes it expensive. Published figures start from He's normal initialisation,
//! `--init kaiming-normal`. As in the published program, f and s are .95 and .05 / classes in half-precision floats, so that
//! probabilities do not quite sum to 1, and L^T L is used where the paper has L L^T. Range: 0 to ln 9; 0 where no image reaches
//! the logits. It ranks poorly by itself: the aggregate `vkdnw_single` ranks by `vkdnw_dim` first.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Objective, Observer, Values, View, Watch};
use crate::network::{LayerId, Network, Op, Role, Shape};
use crate::score::Status;
use nalgebra::DMatrix;

/// Evenness of the Fisher information.
pub struct Vkdnw;

/// Number of parameter tensors used.
const TENSORS: usize = 128;

/// Added to the sum of deciles and to each share.
const SMALL: f64 = 1e-10;

/// The smoothing of probabilities, 0.05, and 1 minus it, each rounded to half precision.
const SMOOTHING: f64 = 0.049_987_792_968_75;
const KEPT: f64 = 0.950_195_312_5;

/// A layer whose parameters are used.
struct Layer {
    op: Op,
    input: usize,
    /// The columns of the derivatives with respect to its weight and its bias, if these are used.
    places: [Option<usize>; 2],
}

/// The first channel of a layer's output, image by image.
struct Channel {
    values: Vec<f64>,
    height: usize,
    width: usize,
}

/// The first channel of one image.
#[derive(Clone, Copy)]
struct Image<'a> {
    values: &'a [f64],
    height: usize,
    width: usize,
}

impl Channel {
    fn images(&self) -> impl Iterator<Item = Image<'_>> {
        let images = self.values.chunks_exact(self.height * self.width);
        images.map(|values| Image { values, height: self.height, width: self.width })
    }
}

/// J, and what it is computed from.
struct Derivatives {
    /// Whether all of the layers are of kinds whose derivatives are implemented here.
    known: bool,
    layers: Vec<Option<Layer>>,
    /// The first channel of each output that one of the layers reads, image by image.
    channels: Vec<Option<Channel>>,
    read: Vec<bool>,
    classes: usize,
    tensors: usize,
    class: usize,
    /// The matrices J_n, one above the other: images x classes rows.
    jacobian: DMatrix<f64>,
    logits: Vec<f64>,
}

impl Proxy for Vkdnw {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "vkdnw",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::EachClass,
            summary: "evenness of the spectrum of the weights' Fisher information",
            source: "Tybl & Neumann 2025, VKDNW",
        }
    }

    fn needs(&self) -> Needs {
        let watch =
            Watch { objective: Objective::ClassLogits, outputs: true, output_gradients: true, ..Watch::default() };
        Needs::Passes(&[PassKind::RunningNormalImages], watch)
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let mut layers: Vec<Option<Layer>> = net.layers().iter().map(|_| None).collect();
        let mut read = vec![false; layers.len()];
        for (place, parameter) in net.parameters().iter().enumerate().take(TENSORS) {
            let (layer, id) = (net.layer(parameter.layer), parameter.layer.index());
            let input = layer.inputs[0].index();
            read[input] = true;
            let known = layers[id].get_or_insert_with(|| Layer { op: layer.op.clone(), input, places: [None; 2] });
            known.places[usize::from(matches!(parameter.role, Role::Bias { .. } | Role::Shift))] = Some(place);
        }
        let known = |layer: &Layer| matches!(layer.op, Op::Conv(_) | Op::BatchNorm(_) | Op::Linear(_));
        Box::new(Derivatives {
            known: layers.iter().flatten().all(known),
            channels: layers.iter().map(|_| None).collect(),
            layers,
            read,
            classes: net.classes(),
            tensors: net.parameters().len().min(TENSORS),
            class: 0,
            jacobian: DMatrix::zeros(0, 0),
            logits: Vec::new(),
        })
    }
}

impl Observer for Derivatives {
    fn output(&mut self, layer: LayerId, value: &View<'_>) {
        if self.jacobian.is_empty() {
            self.jacobian = DMatrix::zeros(value.images() * self.classes, self.tensors);
        }
        if self.read[layer.index()] {
            self.channels[layer.index()] = Some(first_channel(value));
        }
    }

    fn round(&mut self, round: usize) {
        self.class = round;
    }

    fn output_gradient(&mut self, layer: LayerId, _value: &View<'_>, gradient: &View<'_>) {
        let Some(known) = &self.layers[layer.index()] else { return };
        let Some(input) = &self.channels[known.input] else { return };
        let by_output = first_channel(gradient);
        for (n, (g, x)) in by_output.images().zip(input.images()).enumerate() {
            let derivatives = derivatives(&known.op, g, x);
            for (place, derivative) in known.places.into_iter().zip(derivatives) {
                if let Some(place) = place {
                    self.jacobian[(n * self.classes + self.class, place)] = derivative;
                }
            }
        }
    }
}

/// The first channel of each image, row by row.
fn first_channel(value: &View<'_>) -> Channel {
    let Shape { height, width, .. } = value.shape();
    let mut values = Vec::with_capacity(value.images() * height * width);
    for (n, h) in (0..value.images()).flat_map(|n| (0..height).map(move |h| (n, h))) {
        match value.row_from([n, h, 0]) {
            (Values::F32(row), _, step) => values.extend((0..width).map(|w| f64::from(row[w * step]))),
            (Values::F64(row), _, step) => values.extend((0..width).map(|w| row[w * step])),
        }
    }
    Channel { values, height, width }
}

/// The derivatives with respect to a layer's first weight and first bias, for one image: `g` is the gradient with respect to the first
/// channel of the layer's output, `x` the first channel of its input.
fn derivatives(op: &Op, g: Image<'_>, x: Image<'_>) -> [f64; 2] {
    let total = g.values.iter().sum();
    let Op::Conv(conv) = op else {
        let product = g.values.iter().zip(x.values).map(|(g, x)| g * x).sum::<f64>();
        let variance = if let Op::BatchNorm(norm) = op { 1.0 + norm.eps } else { 1.0 };
        return [product / variance.sqrt(), total];
    };
    // The row or column that the first tap of a window reads; none in the padding.
    let seen = |place: usize, stride: usize, padding: usize, side: usize| {
        (place * stride).checked_sub(padding).filter(|&at| at < side)
    };
    let mut product = 0.0;
    for (row, g) in g.values.chunks_exact(g.width).enumerate() {
        let Some(row) = seen(row, conv.stride.height, conv.padding.top, x.height) else { continue };
        let x = &x.values[row * x.width..(row + 1) * x.width];
        let column = |w: usize| seen(w, conv.stride.width, conv.padding.left, x.len());
        product += g.iter().enumerate().filter_map(|(w, g)| Some(g * x[column(w)?])).sum::<f64>();
    }
    [product, total]
}

/// L of an image's logits.
fn covariance_root(logits: &[f64]) -> DMatrix<f64> {
    let classes = logits.len();
    let share = half(SMOOTHING / classes as f64);
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let total: f64 = powers.iter().sum();
    let p: Vec<f64> = powers.iter().map(|power| power / total * KEPT + share).collect();
    let mut root = DMatrix::zeros(classes, classes);
    let (mut summed, mut before) = (0.0, 1.0);
    // For the last class q is 0, so its column stays zero.
    for k in 0..classes - 1 {
        summed += p[k];
        let left = 1.0 - summed;
        let d = (p[k] * left / before).sqrt();
        root[(k, k)] = d;
        (k + 1..classes).for_each(|i| root[(i, k)] = -p[i] * d / left);
        before = left;
    }
    root
}

/// The nearest half-precision float to a positive number below 1.
fn half(x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    // Ten bits after the leading one, in steps of at least 2^-24.
    let step = (x.log2().floor().max(-14.0) - 10.0).exp2();
    (x / step).round_ties_even() * step
}

/// The deciles of the sorted values, by linear interpolation.
fn deciles(sorted: &[f64]) -> impl Iterator<Item = f64> {
    (1..10).map(|tenth| {
        let place = (sorted.len() - 1) as f64 * f64::from(tenth) / 10.0;
        let (low, part) = (place.floor() as usize, place.fract());
        let high = (low + 1).min(sorted.len() - 1);
        sorted[low] + part * (sorted[high] - sorted[low])
    })
}

impl Measurement for Derivatives {
    fn logits(&mut self, _kind: PassKind, logits: &[f64]) {
        self.logits = logits.to_vec();
    }

    fn finish(mut self: Box<Self>) -> Measured {
        if !self.known || self.tensors == 0 || self.classes < 2 {
            return Err(Status::Undefined);
        }
        let images = self.logits.len() / self.classes;
        for (n, logits) in self.logits.chunks_exact(self.classes).enumerate() {
            let mut rows = self.jacobian.rows_mut(n * self.classes, self.classes);
            let product = covariance_root(logits) * &rows;
            rows.copy_from(&product);
        }
        if self.jacobian.iter().any(|x| !x.is_finite()) {
            return Err(Status::Overflow);
        }
        // Squared singular values of the factor of F rather than those of F, so that small ones are exact.
        let singular = self.jacobian.singular_values();
        let mut spectrum: Vec<f64> = singular.iter().map(|s| s * s / images as f64).collect();
        spectrum.resize(self.tensors, 0.0);
        spectrum.sort_by(f64::total_cmp);
        let deciles: Vec<f64> = deciles(&spectrum).collect();
        let total = deciles.iter().sum::<f64>() + SMALL;
        Ok(0.0 - deciles.iter().map(|decile| decile / total * (decile / total + SMALL).ln()).sum::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_that_of_the_covariance_of_classes() {
        let root = covariance_root(&[0.3, -1.0, 2.0, 0.0]);
        let powers = [0.3f64, -1.0, 2.0, 0.0].map(f64::exp);
        let p = powers.map(|power| power / powers.iter().sum::<f64>() * 0.95 + 0.0125);
        let product = &root * root.transpose();
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            let expected = if i == j { p[i] - p[i] * p[i] } else { -p[i] * p[j] };
            assert!((product[(i, j)] - expected).abs() < 1e-3, "{i}, {j}: {}, {expected}", product[(i, j)]);
        }
        let share = half(SMOOTHING / 10.0);
        assert_eq!(share, 0.004_997_253_417_968_75);
        assert_eq!((half(0.05), 1.0 - half(0.05)), (SMOOTHING, 1.0 - SMOOTHING));
    }

    #[test]
    fn deciles_lie_between_values() {
        let found: Vec<f64> = deciles(&[0.0, 1.0, 2.0]).collect();
        assert!(
            found.iter().zip(1..).all(|(found, tenth)| (found - 0.2 * f64::from(tenth)).abs() < 1e-15),
            "{found:?}"
        );
    }
}

//! Weights into the kernels' own form, and weight gradients back out of it. In f64 and a panel of outputs at a time: it is
//! done once a layer, which must cost little beside the layer itself.

use super::layer::Layer;
use super::product::PANEL;
use super::transform::{G, IN, PLACES};

/// A number for each output of a panel.
type Panel = [f64; PANEL];

/// Floats in the transformed weights, or in the transformed sums of a weight gradient.
pub fn transformed(inputs: usize, outputs: usize) -> usize {
    PLACES * inputs * outputs
}

/// Weights `[3][3][inputs][outputs]` as [`super::forward()`] takes them, into `to`.
///
/// # Panics
/// If a slice does not fit the layer.
pub fn transform_weights(weights: &[f32], inputs: usize, outputs: usize, to: &mut [f32]) {
    assert_eq!(weights.len(), 9 * inputs * outputs, "weights do not fit the layer");
    pack(inputs, outputs, to, |tap, input, output| weights[(tap * inputs + input) * outputs + output]);
}

/// Weights `[3][3][inputs][outputs]` of a layer as [`super::forward()`] takes them for the layer's input gradient, that is
/// for [`Layer::transposed`], into `to`.
///
/// # Panics
/// If a slice does not fit the layer.
pub fn transform_transposed_weights(weights: &[f32], inputs: usize, outputs: usize, to: &mut [f32]) {
    assert_eq!(weights.len(), 9 * inputs * outputs, "weights do not fit the layer");
    pack(outputs, inputs, to, |tap, output, input| weights[((8 - tap) * inputs + input) * outputs + output]);
}

/// The panels of a layer's outputs, with the input each belongs to: first output, number of outputs, input, and where it
/// starts in `[outputs / 16][inputs][16]`, whose last panel may be of 8.
fn panels(inputs: usize, outputs: usize) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..outputs).step_by(PANEL).flat_map(move |first| {
        let count = PANEL.min(outputs - first);
        (0..inputs).map(move |input| (first, count, input, first * inputs + input * count))
    })
}

/// The sum of `factors` times `terms`.
#[inline(always)]
fn weighted<const N: usize>(factors: [f64; N], terms: [&Panel; N]) -> Panel {
    let mut sum = [0.0; PANEL];
    for (factor, term) in factors.into_iter().zip(terms) {
        for (sum, term) in sum.iter_mut().zip(term) {
            *sum += factor * term;
        }
    }
    sum
}

/// G w Gᵀ as `[36][outputs / 16][inputs][16]`.
fn pack(inputs: usize, outputs: usize, to: &mut [f32], weight: impl Fn(usize, usize, usize) -> f32) {
    let pairs = inputs * outputs;
    assert_eq!(to.len(), PLACES * pairs, "transformed weights do not fit the layer");
    for (first, count, input, start) in panels(inputs, outputs) {
        let mut taps = [[0.0; PANEL]; 9];
        for (tap, panel) in taps.iter_mut().enumerate() {
            for (i, value) in panel[..count].iter_mut().enumerate() {
                *value = f64::from(weight(tap, input, first + i));
            }
        }
        for (y, &down) in G.iter().enumerate() {
            let [a, b, c]: [Panel; 3] =
                std::array::from_fn(|column| weighted(down, [&taps[column], &taps[3 + column], &taps[6 + column]]));
            for (x, &across) in G.iter().enumerate() {
                let place = &mut to[(y * IN + x) * pairs + start..][..count];
                for (to, value) in place.iter_mut().zip(weighted(across, [&a, &b, &c])) {
                    *to = value as f32;
                }
            }
        }
    }
}

/// Adds the gradient that `sums` ([`super::weight_gradient`]) come to, to `gradient`, `[3][3][inputs][outputs]`.
///
/// # Panics
/// If `sums` or `gradient` do not fit the layer.
pub fn finish_weight_gradient(layer: &Layer, sums: &[f32], gradient: &mut [f32]) {
    let pairs = layer.inputs * layer.outputs;
    assert_eq!(sums.len(), PLACES * pairs, "transformed sums do not fit the layer");
    assert_eq!(gradient.len(), 9 * pairs, "weight gradient does not fit the layer");
    let turned: [[f64; IN]; 3] = std::array::from_fn(|tap| std::array::from_fn(|point| G[point][tap]));
    for (first, count, input, start) in panels(layer.inputs, layer.outputs) {
        let mut rows = [[[0.0; PANEL]; IN]; 3];
        for x in 0..IN {
            let mut column = [[0.0; PANEL]; IN];
            for (y, panel) in column.iter_mut().enumerate() {
                let place = &sums[(y * IN + x) * pairs + start..][..count];
                panel.iter_mut().zip(place).for_each(|(value, &sum)| *value = f64::from(sum));
            }
            for (row, &factors) in rows.iter_mut().zip(&turned) {
                row[x] = weighted(factors, column.each_ref());
            }
        }
        for (down, row) in rows.iter().enumerate() {
            for (across, &factors) in turned.iter().enumerate() {
                let tap = (down * 3 + across) * pairs + input * layer.outputs + first;
                let total = weighted(factors, row.each_ref());
                for (to, value) in gradient[tap..][..count].iter_mut().zip(total) {
                    *to += value as f32;
                }
            }
        }
    }
}

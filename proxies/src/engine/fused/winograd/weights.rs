//! Weights into the kernels' own form, and weight gradients back out of it. In f64: it is done once a layer.

use super::buffer::Buffer;
use super::layer::Layer;
use super::product::PANEL;
use super::transform::{G, IN, PLACES};

/// Weights `[3][3][inputs][outputs]` as [`super::forward()`] takes them.
///
/// # Panics
/// If `weights` does not hold 9 * inputs * outputs floats.
pub fn transform_weights(weights: &[f32], inputs: usize, outputs: usize) -> Buffer {
    assert_eq!(weights.len(), 9 * inputs * outputs, "weights do not fit the layer");
    pack(inputs, outputs, |tap, input, output| weights[(tap * inputs + input) * outputs + output])
}

/// Weights `[3][3][inputs][outputs]` of a layer as [`super::forward()`] takes them for the layer's input gradient, that is
/// for [`Layer::transposed`].
///
/// # Panics
/// If `weights` does not hold 9 * inputs * outputs floats.
pub fn transform_transposed_weights(weights: &[f32], inputs: usize, outputs: usize) -> Buffer {
    assert_eq!(weights.len(), 9 * inputs * outputs, "weights do not fit the layer");
    pack(outputs, inputs, |tap, output, input| weights[((8 - tap) * inputs + input) * outputs + output])
}

/// Where a pair of channels lies in `[outputs / 16][inputs][16]`, whose last panel may be of 8.
fn packed_index(inputs: usize, outputs: usize, input: usize, output: usize) -> usize {
    let panel = output / PANEL * PANEL;
    panel * inputs + input * PANEL.min(outputs - panel) + output - panel
}

/// G w Gᵀ as `[36][outputs / 16][inputs][16]`; a last panel may be of 8.
fn pack(inputs: usize, outputs: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Buffer {
    let mut packed = Buffer::zeros(PLACES * inputs * outputs);
    for input in 0..inputs {
        for output in 0..outputs {
            let at = packed_index(inputs, outputs, input, output);
            let mut rows = [[0.0; 3]; IN];
            for (row, g) in rows.iter_mut().zip(&G) {
                for (column, value) in row.iter_mut().enumerate() {
                    *value = (0..3).map(|tap| g[tap] * f64::from(weight(tap * 3 + column, input, output))).sum();
                }
            }
            for (place, (row, g)) in rows.iter().flat_map(|row| G.iter().map(move |g| (row, g))).enumerate() {
                let value: f64 = row.iter().zip(g).map(|(a, b)| a * b).sum();
                packed[place * inputs * outputs + at] = value as f32;
            }
        }
    }
    packed
}

/// Adds the gradient that `sums` ([`super::weight_gradient`]) come to, to `gradient`, `[3][3][inputs][outputs]`.
///
/// # Panics
/// If `sums` or `gradient` do not fit the layer.
pub fn finish_weight_gradient(layer: &Layer, sums: &[f32], gradient: &mut [f32]) {
    let pairs = layer.inputs * layer.outputs;
    assert_eq!(sums.len(), PLACES * pairs, "transformed sums do not fit the layer");
    assert_eq!(gradient.len(), 9 * pairs, "weight gradient does not fit the layer");
    for pair in 0..pairs {
        let packed = packed_index(layer.inputs, layer.outputs, pair / layer.outputs, pair % layer.outputs);
        let mut rows = [[0.0; IN]; 3];
        for (tap, row) in rows.iter_mut().enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = (0..IN).map(|y| G[y][tap] * f64::from(sums[(y * IN + x) * pairs + packed])).sum();
            }
        }
        for (down, row) in rows.iter().enumerate() {
            for across in 0..3 {
                let value: f64 = row.iter().zip(&G).map(|(a, g)| a * g[across]).sum();
                gradient[(down * 3 + across) * pairs + pair] += value as f32;
            }
        }
    }
}

//! Weights into the kernels' own form, and weight gradients back out of it. In f64: it is done once a layer. Eight pairs
//! of channels at a time. Both are `[outputs][inputs][3][3]`, as networks hold their weights.

use super::super::lanes::{Kernel, Lanes, dispatch};
use super::layer::Layer;
use super::product::PANEL;
use super::transform::{G, IN, PLACES};

/// Pairs of channels done at a time.
const WIDTH: usize = 8;

/// Places of the kernel.
const TAPS: usize = 9;

/// Floats that the transformed weights of a layer take.
pub fn transformed_len(inputs: usize, outputs: usize) -> usize {
    PLACES * inputs * outputs
}

/// Weights as [`super::forward()`] takes them.
///
/// # Panics
/// If `weights` does not hold 9 * inputs * outputs floats, `packed` not [`transformed_len`] of them, or channels are no
/// multiples of 8.
pub fn transform_weights(weights: &[f32], inputs: usize, outputs: usize, packed: &mut [f32]) {
    check(weights, inputs, outputs, packed);
    dispatch(Pack { inputs, outputs, from: weights, tap: |tap| tap, steps: (TAPS, TAPS * inputs), to: packed });
}

/// Weights of a layer as [`super::forward()`] takes them for the layer's input gradient, that is for
/// [`Layer::transposed`].
///
/// # Panics
/// As [`transform_weights`].
pub fn transform_transposed_weights(weights: &[f32], inputs: usize, outputs: usize, packed: &mut [f32]) {
    check(weights, inputs, outputs, packed);
    let steps = (TAPS * inputs, TAPS);
    dispatch(Pack { inputs: outputs, outputs: inputs, from: weights, tap: |tap| TAPS - 1 - tap, steps, to: packed });
}

fn check(weights: &[f32], inputs: usize, outputs: usize, packed: &[f32]) {
    assert_eq!(weights.len(), TAPS * inputs * outputs, "weights do not fit the layer");
    assert_eq!(packed.len(), transformed_len(inputs, outputs), "transformed weights do not fit the layer");
    assert!(inputs.is_multiple_of(WIDTH) && outputs.is_multiple_of(WIDTH), "channels come in eights");
}

/// Where a pair of channels lies in `[outputs / 16][inputs][16]`, whose last panel may be of 8.
fn packed_index(inputs: usize, outputs: usize, input: usize, output: usize) -> usize {
    let panel = output / PANEL * PANEL;
    panel * inputs + input * PANEL.min(outputs - panel) + output - panel
}

/// G w Gᵀ as `[36][outputs / 16][inputs][16]`; a last panel may be of 8.
struct Pack<'a, T> {
    inputs: usize,
    outputs: usize,
    from: &'a [f32],
    /// Which tap stands for which.
    tap: T,
    /// Floats from one input to the next, and from one output to the next.
    steps: (usize, usize),
    to: &'a mut [f32],
}

impl<T: Fn(usize) -> usize> Kernel<f64> for Pack<'_, T> {
    #[inline(always)]
    fn run<L: Lanes<f64>>(self) {
        let pairs = self.inputs * self.outputs;
        for output in (0..self.outputs).step_by(WIDTH) {
            for input in 0..self.inputs {
                let first = input * self.steps.0 + output * self.steps.1;
                let taps: [[f64; WIDTH]; TAPS] = std::array::from_fn(|tap| {
                    let from = &self.from[first + (self.tap)(tap)..];
                    std::array::from_fn(|lane| f64::from(from[lane * self.steps.1]))
                });
                let at = packed_index(self.inputs, self.outputs, input, output);
                let rows: [[[f64; WIDTH]; 3]; IN] = std::array::from_fn(|y| {
                    std::array::from_fn(|x| weighted(&G[y], [&taps[x], &taps[3 + x], &taps[6 + x]]))
                });
                for (place, to) in self.to.chunks_exact_mut(pairs).enumerate() {
                    let row = &rows[place / IN];
                    let values = weighted(&G[place % IN], [&row[0], &row[1], &row[2]]);
                    to[at..at + WIDTH].copy_from_slice(&values.map(|value| value as f32));
                }
            }
        }
    }
}

#[inline(always)]
fn weighted<const N: usize>(factors: &[f64; N], terms: [&[f64; WIDTH]; N]) -> [f64; WIDTH] {
    std::array::from_fn(|lane| factors.iter().zip(terms).map(|(factor, term)| factor * term[lane]).sum())
}

/// Adds the gradient that `sums` ([`super::weight_gradient`]) come to, to `gradient`.
///
/// # Panics
/// If `sums` or `gradient` do not fit the layer, or the layer does not [fit](Layer::fits).
pub fn finish_weight_gradient(layer: &Layer, sums: &[f32], gradient: &mut [f32]) {
    let pairs = layer.inputs * layer.outputs;
    assert!(layer.fits(), "no tiles of 4 x 4 pixels and 8 channels: {layer:?}");
    assert_eq!(sums.len(), PLACES * pairs, "transformed sums do not fit the layer");
    assert_eq!(gradient.len(), TAPS * pairs, "weight gradient does not fit the layer");
    dispatch(Finish { layer, sums, gradient });
}

/// Gᵀ s G.
struct Finish<'a> {
    layer: &'a Layer,
    sums: &'a [f32],
    gradient: &'a mut [f32],
}

impl Kernel<f64> for Finish<'_> {
    #[inline(always)]
    fn run<L: Lanes<f64>>(self) {
        let Layer { inputs, outputs, .. } = *self.layer;
        let pairs = inputs * outputs;
        let transposed: [[f64; IN]; 3] = std::array::from_fn(|tap| G.map(|g| g[tap]));
        for input in 0..inputs {
            for output in (0..outputs).step_by(WIDTH) {
                let at = packed_index(inputs, outputs, input, output);
                let sums: [[f64; WIDTH]; PLACES] = std::array::from_fn(|place| {
                    let from = &self.sums[place * pairs + at..][..WIDTH];
                    std::array::from_fn(|lane| f64::from(from[lane]))
                });
                let rows: [[[f64; WIDTH]; IN]; 3] = std::array::from_fn(|tap| {
                    let column = |x: usize| weighted(&transposed[tap], std::array::from_fn(|y| &sums[y * IN + x]));
                    std::array::from_fn(column)
                });
                for (tap, (across, row)) in rows.iter().flat_map(|row| (0..3).map(move |i| (i, row))).enumerate() {
                    let values = weighted(&transposed[across], std::array::from_fn(|x| &row[x]));
                    for (lane, value) in values.into_iter().enumerate() {
                        self.gradient[((output + lane) * inputs + input) * TAPS + tap] += value as f32;
                    }
                }
            }
        }
    }
}

//! Conversion of weights to the kernels' internal form, and of weight gradients back from it. It is done in f64, since it happens
//! only once per layer. Weights and gradients are `[outputs][inputs][3][3]`, as in networks.

use super::super::lanes::{Kernel, Lanes, dispatch};
use super::layer::Layer;
use super::product::PANEL;
use super::transform::{G, IN, PLACES};

/// Number of taps of the kernel.
const TAPS: usize = 9;

/// Returns the number of floats in the transformed weights of a layer.
pub fn transformed_len(inputs: usize, outputs: usize) -> usize {
    PLACES * inputs * outputs
}

/// Transforms weights for [`super::forward()`].
///
/// # Panics
/// If `weights` does not hold 9 * inputs * outputs floats, `packed` not [`transformed_len`] of them, or channels are not
/// multiples of 8.
pub fn transform_weights(weights: &[f32], inputs: usize, outputs: usize, packed: &mut [f32]) {
    check(weights, inputs, outputs, packed);
    dispatch(Pack { inputs, outputs, from: weights, tap: |tap| tap, steps: (TAPS, TAPS * inputs), to: packed });
}

/// Transforms the weights of a layer for its input gradient, that is for [`super::forward()`] with [`Layer::transposed`].
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
    assert!(inputs.is_multiple_of(8) && outputs.is_multiple_of(8), "channels come in eights");
}

/// Index of a pair of channels in `[outputs / 16][inputs][16]`, whose last panel may have only 8.
fn packed_index(inputs: usize, outputs: usize, input: usize, output: usize) -> usize {
    let panel = output / PANEL * PANEL;
    panel * inputs + input * PANEL.min(outputs - panel) + output - panel
}

/// G w Gᵀ as `[36][outputs / 16][inputs][16]`; the last panel may have only 8.
struct Pack<'a, T> {
    inputs: usize,
    outputs: usize,
    from: &'a [f32],
    /// Maps each tap to the one that takes its place.
    tap: T,
    /// Floats from one input to the next, and from one output to the next.
    steps: (usize, usize),
    to: &'a mut [f32],
}

impl<T: Fn(usize) -> usize> Kernel<f64> for Pack<'_, T> {
    #[inline(always)]
    fn run<L: Lanes<f64>>(self) {
        let pairs = self.inputs * self.outputs;
        for output in (0..self.outputs).step_by(PANEL) {
            let width = PANEL.min(self.outputs - output);
            for input in 0..self.inputs {
                let first = input * self.steps.0 + output * self.steps.1;
                let mut taps = [[0.0; PANEL]; TAPS];
                for lane in 0..width {
                    let from = &self.from[first + lane * self.steps.1..][..TAPS];
                    for (tap, to) in taps.iter_mut().enumerate() {
                        to[lane] = f64::from(from[(self.tap)(tap)]);
                    }
                }
                let mut places = [[0.0; PANEL]; PLACES];
                for lane in (0..width).step_by(L::N) {
                    let taps: [L; TAPS] = std::array::from_fn(|tap| load(&taps[tap], lane));
                    let mut columns = [[L::splat(0.0); IN]; 3];
                    for (x, column) in columns.iter_mut().enumerate() {
                        *column = weighted(&G, [taps[x], taps[3 + x], taps[6 + x]]);
                    }
                    for y in 0..IN {
                        let row = weighted(&G, [columns[0][y], columns[1][y], columns[2][y]]);
                        for (x, value) in row.into_iter().enumerate() {
                            store(value, &mut places[y * IN + x], lane);
                        }
                    }
                }
                let at = packed_index(self.inputs, self.outputs, input, output);
                for (place, to) in places.iter().zip(self.to.chunks_exact_mut(pairs)) {
                    let to = &mut to[at..at + width];
                    to.iter_mut().zip(place).for_each(|(to, &value)| *to = value as f32);
                }
            }
        }
    }
}

/// The sums of `terms` weighted with each row of `factors`.
#[inline(always)]
fn weighted<L: Lanes<f64>, const N: usize, const M: usize>(factors: &[[f64; N]; M], terms: [L; N]) -> [L; M] {
    let mut sums = [L::splat(0.0); M];
    for (sum, factors) in sums.iter_mut().zip(factors) {
        for (&factor, term) in factors.iter().zip(terms) {
            *sum = term.mul_add(L::splat(factor), *sum);
        }
    }
    sums
}

#[inline(always)]
fn load<L: Lanes<f64>>(from: &[f64; PANEL], lane: usize) -> L {
    let from = &from[lane..lane + L::N];
    // SAFETY: `from` holds as many numbers as the vector.
    unsafe { L::load(from.as_ptr()) }
}

#[inline(always)]
fn store<L: Lanes<f64>>(value: L, to: &mut [f64; PANEL], lane: usize) {
    let to = &mut to[lane..lane + L::N];
    // SAFETY: `to` holds as many numbers as the vector.
    unsafe { value.store(to.as_mut_ptr()) };
}

/// Adds the gradient that results from `sums` ([`super::weight_gradient`]) to `gradient`.
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
        for output in (0..outputs).step_by(PANEL) {
            let width = PANEL.min(outputs - output);
            for input in 0..inputs {
                let at = packed_index(inputs, outputs, input, output);
                let mut places = [[0.0; PANEL]; PLACES];
                for (to, place) in places.iter_mut().zip(self.sums.chunks_exact(pairs)) {
                    to.iter_mut().zip(&place[at..at + width]).for_each(|(to, &sum)| *to = f64::from(sum));
                }
                let mut taps = [[0.0; PANEL]; TAPS];
                for lane in (0..width).step_by(L::N) {
                    let mut columns = [[L::splat(0.0); 3]; IN];
                    for (x, column) in columns.iter_mut().enumerate() {
                        *column = weighted(&transposed, std::array::from_fn(|y| load(&places[y * IN + x], lane)));
                    }
                    for y in 0..3 {
                        let row = weighted(&transposed, std::array::from_fn(|x| columns[x][y]));
                        for (x, value) in row.into_iter().enumerate() {
                            store(value, &mut taps[y * 3 + x], lane);
                        }
                    }
                }
                for lane in 0..width {
                    let to = &mut self.gradient[((output + lane) * inputs + input) * TAPS..][..TAPS];
                    to.iter_mut().zip(&taps).for_each(|(to, tap)| *to += tap[lane] as f32);
                }
            }
        }
    }
}

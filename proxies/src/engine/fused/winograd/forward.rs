//! The convolution itself: forward pass and, with transposed weights, input gradient.

use super::ahead::Ahead;
use super::lanes::{Kernel, Lanes};
use super::layer::{Layer, Plane};
use super::transform::{OUT, PLACES, input_tile, output_tile};
use super::{BLOCK, Buffer, Scratch, places, product, vector, vector_mut};
use std::ops::Range;

/// Where a convolution's output goes, and what else is done with it.
pub struct Output<'a> {
    /// Buffer of the output's pixels; the numbers between them are left unchanged.
    pub values: &'a mut [f32],
    /// Location of the pixels.
    pub plane: Plane,
    /// Whether to add to the existing values instead of overwriting them.
    pub accumulate: bool,
    /// Activations and their location: the output counts only where they are > 0.
    pub mask: Option<(&'a [f32], Plane)>,
    /// Sums to which the output is added. Not for outputs that accumulate or are masked.
    pub sums: Option<Sums<'a>>,
}

/// Per-channel sums over all images and pixels, for a batch norm.
pub struct Sums<'a> {
    /// Sum of the values, added to the existing numbers.
    pub values: &'a mut [f64],
    /// Sum of their squares, added to the existing numbers.
    pub squares: &'a mut [f64],
}

impl<'a> Output<'a> {
    /// Creates an output that overwrites `values`.
    pub fn new(values: &'a mut [f32], plane: Plane) -> Self {
        Output { values, plane, accumulate: false, mask: None, sums: None }
    }
}

/// Convolves `input`, `[n][h + 2][w + 2][inputs]` with a border of zeros, with the weights of
/// [`super::transform_weights`].
///
/// The input gradient of a layer is the same operation on the output's gradient, padded, with [`Layer::transposed`] and
/// [`super::transform_transposed_weights`].
///
/// # Panics
/// If the layer does not [fit](Layer::fits) or a slice does not fit the layer.
pub fn forward(layer: &Layer, input: &[f32], weights: &[f32], output: Output<'_>, scratch: &mut Scratch) {
    let Layer { images, height, width, inputs, outputs } = *layer;
    assert!(layer.fits(), "no tiles of 4 x 4 pixels and 8 channels: {layer:?}");
    let plane = Plane::padded(height, width, inputs);
    assert!(input.len() >= plane.end(images, height + 1, width + 1), "input does not fit the layer");
    assert_eq!(weights.len(), PLACES * inputs * outputs, "weights do not fit the layer");
    assert_eq!(output.plane.channels(), outputs, "output does not fit the layer");
    let end = output.plane.end(images, height, width);
    assert!(output.values.len() >= end, "output does not fit the layer");
    assert!(output.mask.is_none_or(|mask| mask_fits(layer, mask)), "mask does not fit the layer");
    if let Some(sums) = &output.sums {
        assert!(sums.values.len() == outputs && sums.squares.len() == outputs, "sums do not fit the layer");
        assert!(!output.accumulate && output.mask.is_none(), "sums of an output that is not written as it is");
    }
    scratch.vectors.run(Convolution { layer, input, weights, output, scratch }, layer.sixteens());
}

fn mask_fits(layer: &Layer, (mask, plane): (&[f32], Plane)) -> bool {
    plane.channels() == layer.outputs && mask.len() >= plane.end(layer.images, layer.height, layer.width)
}

struct Convolution<'a> {
    layer: &'a Layer,
    input: &'a [f32],
    weights: &'a [f32],
    output: Output<'a>,
    scratch: &'a mut Scratch,
}

impl Kernel for Convolution<'_> {
    #[inline(always)]
    fn run<const N: usize, L: Lanes<N>>(self) {
        let Convolution { layer, input, weights, mut output, scratch } = self;
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let [(v, v_stride), (m, m_stride)] = places(&mut scratch.tiles, BLOCK, inputs, outputs);
        for (tiles, next) in layer.blocks(BLOCK) {
            transform_inputs::<N, L>(layer, input, tiles.clone(), v, v_stride);
            let ahead = Ahead([
                layer.stretch(input, Plane::padded(layer.height, layer.width, inputs), next.clone()),
                layer.stretch(output.values, output.plane, next.clone()),
                output.mask.map_or(&[], |(mask, plane)| layer.stretch(mask, plane, next)),
            ]);
            for (place, u) in weights.chunks_exact(inputs * outputs).enumerate() {
                ahead.fetch(place);
                let v = &v[place * v_stride..][..tiles.len() * inputs];
                let m = &mut m[place * m_stride..][..tiles.len() * outputs];
                product::forward::<N, L>(v, u, m, inputs, outputs);
            }
            transform_outputs::<N, L>(layer, m, m_stride, tiles, &mut output, &mut scratch.sums);
        }
    }
}

/// Transforms the tiles' inputs into `v`, `[36][tiles][inputs]` with the given stride. `input` must hold the layer's padded images.
#[inline(always)]
pub(super) fn transform_inputs<const N: usize, L: Lanes<N>>(
    layer: &Layer,
    input: &[f32],
    tiles: Range<usize>,
    v: &mut [f32],
    stride: usize,
) {
    let plane = Plane::padded(layer.height, layer.width, layer.inputs);
    let (row, channels) = (plane.row(), plane.channels());
    assert!(tiles.end <= layer.tiles() && channels % N == 0 && tiles.len() * channels <= stride);
    assert!(input.len() >= plane.end(layer.images, layer.height + 1, layer.width + 1) && v.len() >= PLACES * stride);
    for (tile, index) in tiles.enumerate() {
        let (image, y, x) = layer.corner(index);
        let corner = plane.at(image, y, x) - row - channels;
        for channel in (0..channels).step_by(N) {
            input_tile(
                // SAFETY: the tile's 6 x 6 inputs lie within the padded image, the image within `input`.
                |y, x| L::load(unsafe { vector(input, corner + y * row + x * channels + channel) }),
                // SAFETY: place < 36 and the channel of the tile lies within the stride.
                |place, value| value.store(unsafe { vector_mut(v, place * stride + tile * channels + channel) }),
            );
        }
    }
}

/// Transforms the tiles in `m`, `[36][tiles][outputs]` with the given stride, to outputs and writes them.
#[inline(always)]
fn transform_outputs<const N: usize, L: Lanes<N>>(
    layer: &Layer,
    m: &[f32],
    stride: usize,
    tiles: Range<usize>,
    output: &mut Output<'_>,
    sums: &mut Buffer,
) {
    let (plane, row, channels) = (output.plane, output.plane.row(), output.plane.channels());
    let end = plane.end(layer.images, layer.height, layer.width);
    assert!(tiles.end <= layer.tiles() && channels % N == 0 && tiles.len() * channels <= stride);
    assert!(output.values.len() >= end && output.mask.is_none_or(|mask| mask_fits(layer, mask)));
    assert!(m.len() >= PLACES * stride);
    let (sums, squares) = sums.at_least(2 * channels).split_at_mut(channels);
    sums.fill(0.0);
    squares.fill(0.0);
    for (tile, index) in tiles.enumerate() {
        let (image, first_row, first_column) = layer.corner(index);
        let corner = plane.at(image, first_row, first_column);
        for channel in (0..channels).step_by(N) {
            let (mut sum, mut square) = (L::splat(0.0), L::splat(0.0));
            output_tile(
                // SAFETY: place < 36 and the channel of the tile lies within the stride.
                |place| L::load(unsafe { vector(m, place * stride + tile * channels + channel) }),
                |y, values: [L; OUT]| {
                    for (x, mut value) in values.into_iter().enumerate() {
                        let at = corner + y * row + x * channels + channel;
                        if let Some((mask, plane)) = output.mask {
                            let at = plane.at(image, first_row + y, first_column + x) + channel;
                            // SAFETY: the tile's 4 x 4 outputs lie within the image, the image within `mask`.
                            value = value.where_positive(L::load(unsafe { vector(mask, at) }));
                        }
                        // SAFETY: the tile's 4 x 4 outputs lie within the image, the image before `end`.
                        let to = unsafe { vector_mut(output.values, at) };
                        if output.accumulate {
                            value = value.add(L::load(to));
                        }
                        value.store(to);
                        if output.sums.is_some() {
                            sum = sum.add(value);
                            square = value.mul_add(value, square);
                        }
                    }
                },
            );
            if output.sums.is_some() {
                for (value, to) in [(sum, &mut *sums), (square, &mut *squares)] {
                    // SAFETY: `channels` is a multiple of N and both hold as many.
                    let to = unsafe { vector_mut(to, channel) };
                    value.add(L::load(to)).store(to);
                }
            }
        }
    }
    if let Some(total) = &mut output.sums {
        for (total, block) in [(&mut *total.values, sums), (&mut *total.squares, squares)] {
            for (total, &block) in total.iter_mut().zip(block.iter()) {
                *total += f64::from(block);
            }
        }
    }
}

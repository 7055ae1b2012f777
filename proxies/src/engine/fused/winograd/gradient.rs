//! The weight gradient: the reduction runs over tiles, so the sums stay in the transformed domain until the layer is done.

use super::ahead::Ahead;
use super::forward::transform_inputs;
use super::lanes::{Kernel, Lanes};
use super::layer::{Layer, Plane};
use super::product::{self, PANEL};
use super::transform::{PLACES, gradient_tile};
use super::{BLOCK, Scratch, places, vector, vector_mut};
use std::ops::Range;

/// Adds the transformed weight gradient of a chunk of images to `sums`, 36 * inputs * outputs floats in the kernels' internal
/// order. [`super::finish_weight_gradient`] converts the sums of all chunks to the gradient.
///
/// `input` is `[n][h + 2][w + 2][inputs]` with a border of zeros; `gradient` is the gradient of the output, laid out as `plane`.
///
/// # Panics
/// If the layer does not [fit](Layer::fits) or a slice does not fit the layer.
pub fn weight_gradient(
    layer: &Layer,
    input: &[f32],
    gradient: &[f32],
    plane: Plane,
    sums: &mut [f32],
    scratch: &mut Scratch,
) {
    let Layer { images, height, width, inputs, outputs } = *layer;
    assert!(layer.fits(), "no tiles of 4 x 4 pixels and 8 channels: {layer:?}");
    let end = Plane::padded(height, width, inputs).end(images, height + 1, width + 1);
    assert!(input.len() >= end, "input does not fit the layer");
    assert!(plane.channels() == outputs, "gradient does not fit the layer");
    assert!(gradient.len() >= plane.end(images, height, width), "gradient does not fit the layer");
    assert_eq!(sums.len(), PLACES * inputs * outputs, "transformed sums do not fit the layer");
    scratch.vectors.run(WeightGradient { layer, input, gradient, plane, sums, scratch }, layer.sixteens());
}

struct WeightGradient<'a> {
    layer: &'a Layer,
    input: &'a [f32],
    gradient: &'a [f32],
    plane: Plane,
    sums: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Kernel for WeightGradient<'_> {
    #[inline(always)]
    fn run<const N: usize, L: Lanes<N>>(self) {
        let WeightGradient { layer, input, gradient, plane, sums, scratch } = self;
        let (inputs, outputs) = (layer.inputs, layer.outputs);
        let [(v, v_stride), (w, w_stride)] = places(&mut scratch.tiles, BLOCK, inputs, outputs);
        for (tiles, next) in layer.blocks(BLOCK) {
            transform_inputs::<N, L>(layer, input, tiles.clone(), v, v_stride);
            transform_gradients::<N, L>(layer, gradient, plane, tiles.clone(), w, w_stride);
            let ahead = Ahead([
                layer.stretch(input, Plane::padded(layer.height, layer.width, inputs), next.clone()),
                layer.stretch(gradient, plane, next),
            ]);
            for (place, sums) in sums.chunks_exact_mut(inputs * outputs).enumerate() {
                ahead.fetch(place);
                let v = &v[place * v_stride..][..tiles.len() * inputs];
                let w = &w[place * w_stride..][..tiles.len() * outputs];
                product::gradient::<N, L>(v, w, sums, inputs);
            }
        }
    }
}

/// Transforms the tiles' gradients into `w`, `[36][outputs / 16][tiles][16]` with the given stride; the last panel may have only 8.
#[inline(always)]
fn transform_gradients<const N: usize, L: Lanes<N>>(
    layer: &Layer,
    gradient: &[f32],
    plane: Plane,
    tiles: Range<usize>,
    w: &mut [f32],
    stride: usize,
) {
    let (row, channels) = (plane.row(), plane.channels());
    assert!(tiles.end <= layer.tiles() && channels % N == 0 && tiles.len() * channels <= stride);
    assert!(gradient.len() >= plane.end(layer.images, layer.height, layer.width) && w.len() >= PLACES * stride);
    let count = tiles.len();
    for (tile, index) in tiles.enumerate() {
        let (image, y, x) = layer.corner(index);
        let corner = plane.at(image, y, x);
        for channel in (0..channels).step_by(N) {
            let panel = channel / PANEL * PANEL;
            let to = panel * count + tile * PANEL.min(channels - panel) + channel - panel;
            gradient_tile(
                // SAFETY: the tile's 4 x 4 pixels lie within the image, the image within `gradient`.
                |y, x| L::load(unsafe { vector(gradient, corner + y * row + x * channels + channel) }),
                // SAFETY: place < 36 and the channel of the tile lies within the stride.
                |place, value| value.store(unsafe { vector_mut(w, place * stride + to) }),
            );
        }
    }
}

//! Saliencies of a convolution's channels: sums over pixels of the output times its gradient.

use super::super::combine::Reduce;
use super::super::conv::Chunk;
use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use crate::engine::observe::Audience;
use crate::network::LayerId;

/// Room for the sums of a batch: each image's sums of the gradient, and its sums of products.
pub(super) fn room(z: Layout) -> Layout {
    Layout { images: z.images, ..Layout::flat(2 * z.channels) }
}

/// Computes the sums of a chunk of images.
pub(super) fn add_up<F: Float>(z: Chunk<'_, F>, by_z: Chunk<'_, F>, sums: &mut [F]) {
    let Layout { height: rows, width: columns, channels, .. } = z.layout;
    for (n, sums) in sums.chunks_exact_mut(2 * channels).enumerate() {
        sums.fill(F::default());
        let (sum, products) = sums.split_at_mut(channels);
        let (g, x) = ((by_z.image(n), by_z.layout.steps()), (z.image(n), z.layout.steps()));
        Reduce { rows, columns, channels, g, x, sum, products }.run();
    }
}

/// Reports the sums of products of a layer with `channels` channels.
pub(super) fn show<F: Float>(audience: &mut Audience<'_, '_>, layer: LayerId, channels: usize, sums: &Plane<F>) {
    let images = sums.all().chunks_exact(sums.layout().channels);
    let products = images.flat_map(|sums| &sums[sums.len() / 2..][..channels]);
    let products: Vec<f64> = products.map(|product| product.to_f64()).collect();
    audience.show(|watch| watch.saliencies, |to| to.saliency(layer, &products));
}

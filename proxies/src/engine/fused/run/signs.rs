//! The signs that are propagated back from the boundaries between a network's blocks.

use super::super::lanes::Float;
use super::super::plane::Plane;
use crate::engine::Signs;

/// Sets the pixels of a plane to the signs, and padded channels to zero.
pub(super) fn write<F: Float>(signs: &Signs, plane: &mut Plane<F>) {
    let (layout, channels) = (plane.layout(), signs.shape().channels);
    for n in 0..layout.images {
        let signs = signs.images(n..n + 1);
        let mut signs = signs.chunks_exact(channels);
        let image = plane.image_mut(n);
        for row in 0..layout.height {
            let pixels = image[layout.row_at(row)..][..layout.row_len()].chunks_exact_mut(layout.channels);
            for (pixel, signs) in pixels.zip(&mut signs) {
                pixel.iter_mut().zip(signs).for_each(|(to, &sign)| *to = F::from_f32(sign));
                pixel[channels..].fill(F::default());
            }
        }
    }
}

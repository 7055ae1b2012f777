//! The signs that are propagated back from the boundaries between a network's blocks.

use super::super::lanes::Float;
use super::super::plane::Plane;
use crate::engine::Signs;

/// Sets the pixels of a plane to the signs, and padded channels to zero.
pub(super) fn write<F: Float>(signs: &Signs, plane: &mut Plane<F>) {
    let (layout, channels) = (plane.layout(), signs.shape().channels);
    for n in 0..layout.images {
        let mut signs = signs.image(n);
        let image = plane.image_mut(n);
        for row in 0..layout.height {
            for pixel in image[layout.row_at(row)..][..layout.row_len()].chunks_exact_mut(layout.channels) {
                pixel[..channels].iter_mut().zip(&mut signs).for_each(|(to, sign)| *to = F::from_f32(sign));
                pixel[channels..].fill(F::default());
            }
        }
    }
}

//! Division of a batch into chunks and groups of images. It depends only on the layout, so sums over chunks and groups are always
//! the same.

use super::super::conv::Chunk;
use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use std::ops::Range;

/// Maximum number of groups in a batch: each needs its own sums of a weight gradient, and at most this many threads share that work.
const GROUPS: usize = 4;

/// Number of images in a chunk: as many as together have the pixels of one 32x32 image, which fit the caches.
pub(super) fn chunk_size(layout: Layout) -> usize {
    (1024 / (layout.height * layout.width).max(1)).max(1)
}

/// Divides `images` of a batch into chunks; they start where a chunk of the whole batch starts.
pub(super) fn chunks(layout: Layout, images: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let size = chunk_size(layout);
    let end = images.end;
    images.step_by(size).map(move |first| first..end.min(first + size))
}

/// Divides a batch into groups of whole chunks.
pub(super) fn groups(layout: Layout) -> impl Iterator<Item = Range<usize>> {
    let size = chunk_size(layout);
    let chunks = layout.images.div_ceil(size);
    let count = chunks.min(GROUPS);
    let start = move |group: usize| layout.images.min(group * chunks / count * size);
    (0..count).map(move |group| start(group)..start(group + 1))
}

/// Splits a plane into parts with these images, which are consecutive and begin with the first.
pub(super) fn split<F: Float>(
    plane: &mut Plane<F>,
    parts: impl Iterator<Item = Range<usize>>,
) -> impl Iterator<Item = &mut [F]> {
    let size = plane.layout().image();
    let mut rest = plane.all_mut();
    parts.map_while(move |images| rest.split_off_mut(..images.len() * size))
}

/// Iterates over the images of a plane.
pub(super) fn images_mut<F: Float>(plane: &mut Plane<F>) -> impl Iterator<Item = &mut [F]> {
    let images = plane.layout().images;
    split(plane, (0..images).map(|n| n..n + 1))
}

/// The images of a chunk.
pub(super) fn chunk<F: Float>(plane: &Plane<F>, images: Range<usize>) -> Chunk<'_, F> {
    let layout = plane.layout();
    let size = layout.image();
    Chunk { numbers: &plane.all()[images.start * size..images.end * size], layout }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Shape;

    #[test]
    fn groups_are_whole_chunks_and_together_the_batch() {
        for (images, side) in [(1, 32), (3, 32), (5, 8), (64, 32), (64, 16), (64, 8), (65, 8), (100, 1)] {
            let layout = Layout::new(images, Shape::new(8, side, side), 1);
            let in_groups: Vec<_> = groups(layout).flat_map(|group| chunks(layout, group)).collect();
            assert_eq!(in_groups, chunks(layout, 0..images).collect::<Vec<_>>(), "{images} images of side {side}");
            assert!(groups(layout).all(|group| !group.is_empty()));
        }
    }
}

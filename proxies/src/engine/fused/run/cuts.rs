//! How a batch is cut into chunks and groups of images. Cuts depend on the layout alone, so that sums over them are always
//! the same.

use super::super::conv::Chunk;
use super::super::lanes::Float;
use super::super::layout::{Layout, Plane};
use std::ops::Range;

/// Most groups of a batch: each costs its own sums of a weight gradient, and at most as many threads share one.
const GROUPS: usize = 4;

/// Images in a chunk: as many as fill the caches' share of one image of 32x32.
pub(super) fn chunk_size(layout: Layout) -> usize {
    (1024 / (layout.height * layout.width).max(1)).max(1)
}

/// `images` of a batch in chunks; they start where a chunk of the whole batch starts.
pub(super) fn chunks(layout: Layout, images: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let size = chunk_size(layout);
    let end = images.end;
    images.step_by(size).map(move |first| first..end.min(first + size))
}

/// A batch in groups of whole chunks.
pub(super) fn groups(layout: Layout) -> impl Iterator<Item = Range<usize>> {
    let size = chunk_size(layout);
    let chunks = layout.images.div_ceil(size);
    let count = chunks.min(GROUPS);
    let start = move |group: usize| layout.images.min(group * chunks / count * size);
    (0..count).map(move |group| start(group)..start(group + 1))
}

/// A plane in parts of these images, which follow one another from the first on.
pub(super) fn split<F: Float>(
    plane: &mut Plane<F>,
    parts: impl Iterator<Item = Range<usize>>,
) -> impl Iterator<Item = &mut [F]> {
    let size = plane.layout().image();
    let mut rest = plane.all_mut();
    parts.map_while(move |images| rest.split_off_mut(..images.len() * size))
}

/// A plane image by image.
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

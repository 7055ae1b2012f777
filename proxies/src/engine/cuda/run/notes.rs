//! Small results for observers: noted first, and shown once the program has run.

use super::super::arguments::CodeDistances;
use super::super::pool::Buffer;
use super::super::source::Kernel;
use super::{Gpu, Walk};
use crate::Result;
use crate::engine::{BitMatrix, Distances, Observer};
use crate::network::LayerId;

/// Something on the device that is to be shown.
pub(super) enum Note {
    /// The codes of a node's ReLUs.
    Codes { node: usize, codes: Buffer },
    /// The distances between them.
    Distances { node: usize, distances: Buffer },
    /// A batch norm's means and variances over `count` values.
    Statistics { layer: LayerId, statistics: Buffer, channels: usize, count: usize },
    /// A layer's sums over `planes` planes of value times gradient.
    Saliency { layer: LayerId, sums: Buffer, planes: usize },
}

impl<'a> Gpu<'a> {
    /// Records the launch that computes the distances between codes of `words` 32-bit words.
    pub(super) fn distances(&mut self, images: usize, codes: Buffer, words: usize) -> Result<Buffer> {
        let distances = self.memory.take(images * images / 2 * 4)?;
        let arguments = CodeDistances {
            codes: codes.address,
            distances: distances.address,
            images: images as i32,
            words: words as i32,
        };
        let tiles = images.div_ceil(16);
        self.launch(Kernel::CodeDistances, [tiles, tiles], &arguments);
        Ok(distances)
    }

    /// Shows what has been noted, after the program has run.
    pub(super) fn show_notes(&mut self, walk: &mut Walk<'_, '_, 'a>) -> Result<()> {
        let (cuda, images) = (self.memory.cuda(), walk.task.images());
        let doubles = |from: Buffer, count: usize| {
            let mut numbers = vec![0.0f64; count];
            cuda.download(from, bytemuck::cast_slice_mut(&mut numbers)).map(|()| numbers)
        };
        for note in std::mem::take(&mut self.notes) {
            match note {
                Note::Codes { node, codes } => {
                    let columns = walk.task.shape(node).len();
                    let mut words = vec![0u64; images * columns.div_ceil(64)];
                    cuda.download(codes, bytemuck::cast_slice_mut(&mut words))?;
                    let codes = BitMatrix::from_words(images, columns, words);
                    for &relu in &walk.task.plan.nodes[node].coded {
                        walk.audience.show(|watch| watch.relu_codes, |to| to.relu_codes(relu, &codes));
                    }
                }
                Note::Distances { node, distances } => {
                    let mut pairs = vec![0u32; images * (images - 1) / 2];
                    cuda.download(distances, bytemuck::cast_slice_mut(&mut pairs))?;
                    let pairs: Vec<u64> = pairs.into_iter().map(u64::from).collect();
                    let distances = Distances { images, units: walk.task.shape(node).len(), pairs: &pairs };
                    for &relu in &walk.task.plan.nodes[node].coded {
                        walk.audience.show(|watch| watch.relu_distances, |to| to.relu_distances(relu, &distances));
                    }
                }
                Note::Statistics { layer, statistics, channels, count } => {
                    let numbers = doubles(statistics, 2 * channels)?;
                    let (mean, variance) = numbers.split_at(channels);
                    let event = |to: &mut dyn Observer| to.batch_statistics(layer, mean, variance, count);
                    walk.audience.show(|watch| watch.batch_statistics, event);
                }
                Note::Saliency { layer, sums, planes } => {
                    let products = doubles(sums, planes)?;
                    walk.audience.show(|watch| watch.saliencies, |to| to.saliency(layer, &products));
                }
            }
        }
        Ok(())
    }
}

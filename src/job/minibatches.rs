//! The minibatches that networks are scored on.

use super::Settings;
use crate::Result;
use zeronas_datasets::Source;
use zeronas_datasets::image::Dimensions;
use zeronas_proxies::Batch;
use zeronas_proxies::network::Shape;

/// The first `count` minibatches of a seed, which all architectures share.
pub(crate) fn minibatches(images: &Source, settings: &Settings, seed: u64, count: usize) -> Result<Vec<Batch>> {
    let shape = |Dimensions { channels, height, width }| Shape::new(channels, height, width);
    let batches = (0..count).map(|index| {
        let drawn = images.minibatch(seed, index, settings.batch_size, settings.drawing())?;
        Ok(Batch::new(drawn.pixels, drawn.labels, shape(drawn.dimensions))?)
    });
    batches.collect()
}

//! Makes batches, on a thread of its own while the network trains on those before.

use std::ops::Range;
use std::sync::mpsc::sync_channel;

use zeronas_datasets::ImageSet;
use zeronas_datasets::image::{Augmentation, CHANNELS, Change, Normaliser, Statistics};
use zeronas_proxies::Batch;
use zeronas_proxies::network::Shape;
use zeronas_random::Stream;

use crate::recipe::batching::Batching;

/// Batches made ahead of the one that is in use.
const AHEAD: usize = 2;

/// Passes the results of `make` for each number in `range` to `take`, in order; a thread makes them ahead of time. Those that `take`
/// does not consume need not be made.
pub fn ahead<B: Send, T>(
    range: Range<usize>,
    mut make: impl FnMut(usize) -> B + Send,
    take: impl FnOnce(&mut dyn Iterator<Item = B>) -> T,
) -> T {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        scope.spawn(move || {
            for number in range {
                if sender.send(make(number)).is_err() {
                    return;
                }
            }
        });
        take(&mut receiver.into_iter())
    })
}

/// Training batches of an image set: each is a function of its number and the seed.
#[derive(Clone, Debug)]
pub struct TrainingBatches<'a> {
    set: &'a ImageSet,
    normaliser: Normaliser,
    augmentation: Augmentation,
    batching: Batching,
    seed: u64,
    /// The epoch of the last image.
    epoch: Epoch,
}

/// How an epoch orders and augments the images.
#[derive(Clone, Debug)]
struct Epoch {
    number: usize,
    order: Vec<usize>,
    stream: Stream,
}

impl Epoch {
    fn new(number: usize, images: usize, seed: u64) -> Self {
        let order = Stream::new(&format!("train.order.{number}"), seed).permutation(images);
        Epoch { number, order, stream: Stream::new(&format!("train.augment.{number}"), seed) }
    }
}

impl<'a> TrainingBatches<'a> {
    /// Batches of `set`, normalised by `statistics`.
    pub fn new(
        set: &'a ImageSet,
        statistics: Statistics,
        augmentation: Augmentation,
        batching: Batching,
        seed: u64,
    ) -> Self {
        let epoch = Epoch::new(0, set.len(), seed);
        TrainingBatches { set, normaliser: statistics.into(), augmentation, batching, seed, epoch }
    }

    /// Batch number `step`, counted over all epochs.
    ///
    /// # Errors
    /// If the set has no image.
    pub fn batch(&mut self, step: usize) -> zeronas_proxies::Result<Batch> {
        let (images, side) = (self.set.len(), self.set.side());
        let places = self.batching.places(step);
        let mut pixels = Vec::with_capacity(places.len() * CHANNELS * side * side);
        let mut labels = Vec::with_capacity(places.len());
        for place in places {
            if self.epoch.number != place / images {
                self.epoch = Epoch::new(place / images, images, self.seed);
            }
            let image = self.epoch.order[place % images];
            let change = self.augmentation.change(&self.epoch.stream, image, side);
            change.write(self.set, image, &self.normaliser, &mut pixels);
            labels.push(self.set.label(image));
        }
        Batch::new(pixels, labels, Shape::new(CHANNELS, side, side))
    }
}

/// Returns batch number `index` of a set in its own order, normalised but not augmented.
///
/// # Errors
/// If there is no such batch.
pub fn plain_batch(
    set: &ImageSet,
    normaliser: &Normaliser,
    size: usize,
    index: usize,
) -> zeronas_proxies::Result<Batch> {
    let images = (index * size).min(set.len())..((index + 1) * size).min(set.len());
    let mut pixels = Vec::with_capacity(images.len() * CHANNELS * set.side() * set.side());
    images.clone().for_each(|image| Change::default().write(set, image, normaliser, &mut pixels));
    Batch::new(pixels, images.map(|image| set.label(image)).collect(), Shape::new(CHANNELS, set.side(), set.side()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::batching::LastBatch;

    #[test]
    fn an_epoch_deals_every_image_once_in_an_order_of_its_own() {
        let set = ImageSet::embedded();
        let batching = Batching { images: 256, size: 100, last: LastBatch::Short };
        let mut batches = TrainingBatches::new(&set, set.statistics(), Augmentation::default(), batching, 5);
        let mut images = |epoch: usize| {
            let mut images = Vec::new();
            for step in batching.of_epoch(epoch) {
                let batch = batches.batch(step).unwrap();
                images.extend(
                    batch.images().chunks(3072).map(|image| image.iter().map(|x| x.to_bits()).collect::<Vec<_>>()),
                );
            }
            images
        };
        let (mut one, mut two) = (images(0), images(1));
        assert_eq!(one.len(), 256);
        assert_ne!(one, two);
        one.sort();
        two.sort();
        assert_eq!(one, two);
    }

    #[test]
    fn a_batch_does_not_depend_on_those_before() {
        let set = ImageSet::embedded();
        let batching = Batching { images: 256, size: 96, last: LastBatch::RunsOn };
        let batches = TrainingBatches::new(&set, set.statistics(), Augmentation::STANDARD, batching, 5);
        let all: Vec<Batch> = ahead(
            0..9,
            {
                let mut batches = batches.clone();
                move |step| batches.batch(step).unwrap()
            },
            |all| all.collect(),
        );
        for step in [7, 2, 5, 8] {
            assert_eq!(batches.clone().batch(step).unwrap(), all[step], "batch {step}");
        }
    }

    #[test]
    fn batches_that_nobody_takes_are_not_made() {
        let mut made = 0;
        let taken: Vec<usize> = ahead(
            0..1000,
            |number| {
                made += 1;
                number
            },
            |numbers| numbers.take(3).collect(),
        );
        assert_eq!(taken, [0, 1, 2]);
        assert!(made <= 3 + AHEAD + 1, "{made}");
    }

    #[test]
    fn plain_batches_are_the_set_in_order() {
        let set = ImageSet::embedded();
        let last = plain_batch(&set, &set.statistics().into(), 100, 2).unwrap();
        assert_eq!((last.size(), last.labels()[0]), (56, set.label(200)));
        assert_eq!(last.images()[0], f64::from(set.statistics().table()[0][usize::from(set.bytes(200).unwrap()[0])]));
    }
}

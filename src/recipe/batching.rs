//! How the training images are split into batches, epoch by epoch.

use std::ops::Range;

use serde::Serialize;

/// What happens if the images of an epoch are not a whole number of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastBatch {
    /// The last batch is smaller, as in PyTorch's loader.
    Short,
    /// The last batch is filled with images of the next epoch, as in TensorFlow's repeated data sets. Every batch is
    /// full.
    RunsOn,
}

/// Batches of a training, numbered from 0 over all epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// Number of training images.
    pub images: usize,
    /// Images in a full batch; at least 1, and at most the number of training images.
    pub size: usize,
    /// How epochs end.
    pub last: LastBatch,
}

impl Batching {
    /// Returns the batches that belong to epoch `epoch`: those whose last image is of this epoch.
    pub fn of_epoch(&self, epoch: usize) -> Range<usize> {
        self.before(epoch)..self.before(epoch + 1)
    }

    /// Returns the number of batches in the first `epochs` epochs.
    pub fn before(&self, epochs: usize) -> usize {
        match self.last {
            LastBatch::Short => epochs * self.images.div_ceil(self.size),
            LastBatch::RunsOn => epochs * self.images / self.size,
        }
    }

    /// Returns the epoch that batch `step` belongs to.
    pub fn epoch_of(&self, step: usize) -> usize {
        match self.last {
            LastBatch::Short => step / self.images.div_ceil(self.size),
            // The epoch of its last image.
            LastBatch::RunsOn => ((step + 1) * self.size).div_ceil(self.images) - 1,
        }
    }

    /// Returns the places of the images of batch `step` in the sequence of all epochs.
    pub fn places(&self, step: usize) -> Range<usize> {
        match self.last {
            LastBatch::Short => {
                let start = self.epoch_of(step) * self.images;
                let first = start + (step - self.before(self.epoch_of(step))) * self.size;
                first..(start + self.images).min(first + self.size)
            }
            LastBatch::RunsOn => step * self.size..(step + 1) * self.size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_batches_end_with_their_epoch() {
        let batching = Batching { images: 10, size: 4, last: LastBatch::Short };
        let places = |epoch| batching.of_epoch(epoch).map(|step| batching.places(step)).collect::<Vec<_>>();
        assert_eq!(places(0), [0..4, 4..8, 8..10]);
        assert_eq!(places(1), [10..14, 14..18, 18..20]);
    }

    #[test]
    fn batches_that_run_on_are_full() {
        let batching = Batching { images: 10, size: 4, last: LastBatch::RunsOn };
        assert_eq!([0, 1, 2].map(|epoch| batching.of_epoch(epoch)), [0..2, 2..5, 5..7]);
        assert_eq!(batching.places(2), 8..12);
        // NAS-Bench-101: 108 epochs of 40,000 images in batches of 256.
        assert_eq!(Batching { images: 40_000, size: 256, last: LastBatch::RunsOn }.before(108), 16_875);
    }

    #[test]
    fn every_batch_is_of_the_epoch_that_counts_it() {
        for (images, size) in [(10, 4), (8, 4), (7, 7), (9, 1), (40, 7)] {
            for last in [LastBatch::Short, LastBatch::RunsOn] {
                let batching = Batching { images, size, last };
                for epoch in 0..5 {
                    for step in batching.of_epoch(epoch) {
                        assert_eq!(batching.epoch_of(step), epoch, "{batching:?}, batch {step}");
                    }
                }
            }
        }
    }
}

//! A set of real images, held as bytes and normalised when a mini-batch is dealt.

use std::path::Path;

use zeronas_random::Stream;

use super::{CHANNELS, Drawing, Minibatch, Order, Statistics, cifar, embedded, pixel_buffer};
use crate::{Error, Result, sha256_hex};

/// Labelled images of one size with the statistics that normalise them.
#[derive(Clone, Debug)]
pub struct ImageSet {
    pub(super) name: String,
    pub(super) side: usize,
    pub(super) classes: usize,
    /// Images one after the other, each 3 x side x side, row-major.
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Vec<u16>,
    pub(super) statistics: Statistics,
    pub(super) fingerprint: String,
}

impl ImageSet {
    /// The 256 CIFAR-10 training images that come with this crate, 25 or 26 of each class, named `embedded`.
    pub fn embedded() -> Self {
        embedded::set()
    }

    /// Reads the CIFAR-10 training set in its official binary layout.
    ///
    /// `path` is the folder with `data_batch_1.bin` to `data_batch_5.bin`, the folder around it (as the archive unpacks:
    /// with `cifar-10-batches-bin` inside), or a single file of 3,073-byte records. The set is named after the last part
    /// of `path`.
    ///
    /// # Errors
    /// When a file is missing, unreadable, empty, not a whole number of records, or has a label above 9.
    pub fn open(path: &Path) -> Result<Self> {
        cifar::open(path)
    }

    /// The name it goes by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of images, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a set holds at least one image")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Height and width of an image in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Number of classes of the set.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// SHA-256 of the set's records in their order, in hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What its images are normalised with.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// The pixels of image `i`: 3 x side x side, row-major. Panics past the end, as a slice does.
    pub fn image(&self, i: usize) -> &[u8] {
        let size = CHANNELS * self.side * self.side;
        &self.pixels[i * size..(i + 1) * size]
    }

    /// The class of image `i`. Panics past the end.
    pub fn label(&self, i: usize) -> u32 {
        self.labels[i].into()
    }

    /// Its first `images` images, or all where there are not so many.
    pub fn first(&self, images: usize) -> Self {
        self.pick(&(0..images.min(self.len())).collect::<Vec<_>>())
    }

    /// The images at these places, in that order. Panics past the end.
    pub(super) fn pick(&self, places: &[usize]) -> Self {
        let pixels = places.iter().flat_map(|&i| self.image(i)).copied().collect();
        let listed: Vec<u8> = places.iter().flat_map(|&i| (i as u64).to_le_bytes()).collect();
        let fingerprint = sha256_hex([self.fingerprint.as_bytes(), &listed]);
        let labels = places.iter().map(|&i| self.labels[i]).collect();
        ImageSet { name: self.name.clone(), pixels, labels, fingerprint, ..*self }
    }

    pub(super) fn check_classes(&self, classes: usize) -> Result<()> {
        match self.labels.iter().position(|&label| usize::from(label) >= classes) {
            Some(i) => {
                let (set, label) = (self.name.clone(), self.labels[i]);
                Err(Error::LabelBeyondClasses { set, record: i + 1, label, classes })
            }
            None => Ok(()),
        }
    }

    /// See [`Source::minibatch`](super::Source::minibatch); `size` is not 0.
    pub(super) fn minibatch(&self, seed: u64, index: usize, size: usize, drawing: Drawing) -> Result<Minibatch> {
        let images = self.len();
        let end = index.checked_add(1).and_then(|batches| batches.checked_mul(size)).filter(|&end| end <= images);
        let Some(end) = end else {
            return Err(Error::TooFewImages { set: self.name.clone(), size, index, images });
        };
        let positions = end - size..end;
        let chosen = match drawing.order {
            Order::File => positions.collect(),
            Order::Shuffled => Stream::new("images.order", seed).permutation(images)[positions].to_vec(),
        };

        let scale = self.statistics.table();
        let mut pixels = pixel_buffer(size, self.side)?;
        let stream = Stream::new(&format!("images.augment.{index}"), seed);
        for &image in &chosen {
            drawing.augmentation.change(&stream, image, self.side).write(self, image, &scale, &mut pixels);
        }
        let labels = chosen.iter().map(|&image| self.label(image)).collect();
        Ok(Minibatch { pixels, labels, size, side: self.side })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn a_minibatch_depends_on_seed_and_index_alone() {
        let source = Source::Set(ImageSet::embedded());
        let batch = |seed, index| source.minibatch(seed, index, 32, Order::Shuffled).unwrap();
        let first = batch(7, 2);
        assert_eq!((first.size, first.side), (32, 32));
        batch(8, 0);
        assert_eq!(batch(7, 2), first);
        assert_ne!(batch(7, 1), first);
        assert_ne!(batch(8, 2), first);
    }

    #[test]
    fn the_shuffled_batches_deal_every_image_once() {
        let source = Source::Set(ImageSet::embedded());
        let all = |order| {
            let mut images = Vec::new();
            for index in 0..8 {
                let batch = source.minibatch(3, index, 32, order).unwrap();
                images.extend(batch.pixels.chunks(3072).zip(batch.labels).map(|(p, l)| (l, p.to_vec())));
            }
            images
        };
        let (mut dealt, mut filed) = (all(Order::Shuffled), all(Order::File));
        assert_ne!(dealt, filed);
        dealt.sort_by(|a, b| a.partial_cmp(b).unwrap());
        filed.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(dealt, filed);
    }

    #[test]
    fn file_order_ignores_the_seed_and_starts_at_the_first_record() {
        let set = ImageSet::embedded();
        let (labels, red) = (set.labels[4..8].to_vec(), set.pixels[4 * 3072]);
        let source = Source::Set(set);
        let batch = source.minibatch(1, 1, 4, Order::File).unwrap();
        assert_eq!(batch, source.minibatch(2, 1, 4, Order::File).unwrap());
        assert_eq!(batch.labels, labels.into_iter().map(u32::from).collect::<Vec<_>>());
        assert_eq!(batch.pixels[0], ((f64::from(red) - 125.3) / 63.0) as f32);
    }

    #[test]
    fn pixels_are_normalised_by_channel() {
        let set = ImageSet::embedded();
        let scale = set.statistics().table();
        assert_eq!(scale[0][0], (-125.3_f64 / 63.0) as f32);
        assert_eq!(scale[1][123], (0.0_f64 / 62.1) as f32);
        assert_eq!(scale[2][255], ((255.0_f64 - 113.9) / 66.7) as f32);
    }

    #[test]
    fn asking_beyond_the_end_names_size_index_and_images() {
        let source = Source::Set(ImageSet::embedded());
        source.minibatch(0, 3, 64, Order::Shuffled).unwrap();
        let message = source.minibatch(0, 4, 64, Order::Shuffled).unwrap_err().to_string();
        assert_eq!(message, "mini-batch 4 of 64 images reaches beyond the 256 images of embedded");
        for (index, size) in [(0, 257), (usize::MAX, 1), (1, usize::MAX)] {
            assert!(matches!(source.minibatch(0, index, size, Order::File), Err(Error::TooFewImages { .. })));
        }
    }
}

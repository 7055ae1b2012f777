//! A set of images, stored as they were read and normalised when a mini-batch is dealt.

use std::sync::Arc;

use zeronas_random::Stream;

use super::about::{About, Normalised};
use super::pixels::Pixels;
use super::{CHANNELS, Dimensions, Drawing, Minibatch, Normaliser, Order, Statistics, pixel_buffer};
use crate::{Error, Result, sha256_hex};

/// Labelled images of one size with the statistics that normalise them.
#[derive(Clone, Debug)]
pub struct ImageSet {
    pub(super) name: String,
    pub(super) side: usize,
    pub(super) classes: usize,
    pub(super) pixels: Arc<Pixels>,
    pub(super) labels: Vec<u32>,
    pub(super) statistics: Statistics,
    pub(super) fingerprint: String,
    pub(super) about: Arc<About>,
}

/// Name of a set whose images come from the calling program.
const ARRAY: &str = "array";

impl ImageSet {
    /// Creates a set from images that a program supplies as networks are to see them: `labels.len()` images of
    /// 3 x `side` x `side`, one after another, row-major. They are not normalised.
    ///
    /// # Errors
    /// If there is no image, if the lengths do not match, or if a pixel is not finite.
    pub fn of_floats(pixels: Vec<f32>, labels: Vec<u32>, side: usize) -> Result<Self> {
        let expected = [CHANNELS, side, side].iter().try_fold(labels.len(), |all, &size| all.checked_mul(size));
        if pixels.is_empty() || expected != Some(pixels.len()) {
            return Err(Error::ArrayShape { pixels: pixels.len(), labels: labels.len(), side });
        }
        if let Some(i) = pixels.iter().position(|pixel| !pixel.is_finite()) {
            let image = i / (CHANNELS * side * side) + 1;
            return Err(Error::ArrayPixel { image, pixel: pixels[i] });
        }
        let pixels = Pixels::Floats(pixels);
        let numbers: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        Ok(ImageSet {
            name: ARRAY.into(),
            side,
            classes: labels.iter().max().map_or(0, |&label| label as usize + 1),
            fingerprint: sha256_hex([&pixels.to_bytes(), &numbers[..]]),
            pixels: Arc::new(pixels),
            labels,
            statistics: Statistics::NONE,
            about: Arc::new(About { format: ARRAY.into(), normalised: Normalised::AsGiven, ..About::default() }),
        })
    }

    /// Returns the name of the set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of images, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a set holds at least one image")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns the height and width of an image in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Whether the images were scaled from another size.
    pub fn is_scaled(&self) -> bool {
        self.about.taken.scaled
    }

    /// Returns the number of classes of the set.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the SHA-256 of the set's records in their order, as hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the statistics with which the images are normalised.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Returns the pixels of image `i`, 3 x side x side, row-major; `None` past the end, or if the pixels are floats.
    pub fn bytes(&self, i: usize) -> Option<&[u8]> {
        let size = CHANNELS * self.side * self.side;
        match self.pixels.as_ref() {
            Pixels::Bytes(pixels) => pixels.get(i * size..(i + 1) * size),
            Pixels::Floats(_) => None,
        }
    }

    /// Returns the same set under another name.
    pub fn called(self, name: impl Into<String>) -> Self {
        ImageSet { name: name.into(), ..self }
    }

    /// Returns the class of image `i`. Panics past the end.
    pub fn label(&self, i: usize) -> u32 {
        self.labels[i]
    }

    /// Returns the first `images` images, or all if there are fewer.
    pub fn first(&self, images: usize) -> Self {
        self.pick(&(0..images.min(self.len())).collect::<Vec<_>>())
    }

    /// Returns the images at these places, in that order. Panics past the end.
    pub(super) fn pick(&self, places: &[usize]) -> Self {
        let pixels = Arc::new(self.pixels.pick(places, CHANNELS * self.side * self.side));
        let listed: Vec<u8> = places.iter().flat_map(|&i| (i as u64).to_le_bytes()).collect();
        let fingerprint = sha256_hex([self.fingerprint.as_bytes(), &listed]);
        let labels = places.iter().map(|&i| self.labels[i]).collect();
        let (name, about) = (self.name.clone(), self.about.clone());
        ImageSet { name, pixels, labels, fingerprint, about, ..*self }
    }

    pub(super) fn check_classes(&self, classes: usize) -> Result<()> {
        match self.labels.iter().position(|&label| label as usize >= classes) {
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

        let normaliser = Normaliser::from(self.statistics);
        let mut pixels = pixel_buffer(size, Dimensions::square(self.side))?;
        let stream = Stream::new(&format!("images.augment.{index}"), seed);
        for &image in &chosen {
            drawing.augmentation.change(&stream, image, self.side).write(self, image, &normaliser, &mut pixels);
        }
        let labels = chosen.iter().map(|&image| self.label(image)).collect();
        Ok(Minibatch { pixels, labels, size, dimensions: Dimensions::square(self.side) })
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
        assert_eq!((first.size, first.dimensions), (32, Dimensions::square(32)));
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
        let (labels, red) = (set.labels[4..8].to_vec(), set.bytes(4).unwrap()[0]);
        let source = Source::Set(set);
        let batch = source.minibatch(1, 1, 4, Order::File).unwrap();
        assert_eq!(batch, source.minibatch(2, 1, 4, Order::File).unwrap());
        assert_eq!(batch.labels, labels);
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
        assert_eq!(
            message,
            "mini-batch 4 of 64 images reaches beyond the 256 images of embedded; set a smaller batch size"
        );
        for (index, size) in [(0, 257), (usize::MAX, 1), (1, usize::MAX)] {
            assert!(matches!(source.minibatch(0, index, size, Order::File), Err(Error::TooFewImages { .. })));
        }
    }

    #[test]
    fn floats_are_dealt_as_they_are_given() {
        let pixels: Vec<f32> = (0..6 * 12).map(|i| i as f32 / 7.0).collect();
        let set = ImageSet::of_floats(pixels.clone(), (0..6).collect(), 2).unwrap();
        assert_eq!((set.name(), set.len(), set.side(), set.classes()), ("array", 6, 2, 6));
        let source = Source::Set(set.clone());
        let batch = source.minibatch(3, 1, 2, Order::File).unwrap();
        assert_eq!((batch.labels, &batch.pixels[..]), (vec![2, 3], &pixels[24..48]));
        let dealt: Vec<u32> =
            (0..3).flat_map(|index| source.minibatch(3, index, 2, Order::Shuffled).unwrap().labels).collect();
        let order: Vec<u32> = Stream::new("images.order", 3).permutation(6).iter().map(|&i| i as u32).collect();
        assert_eq!(dealt, order);
        let message = source.minibatch(3, 3, 2, Order::File).unwrap_err().to_string();
        assert!(message.contains("beyond the 6 images of array"), "{message}");
        assert_eq!(*set.pick(&[5]).pixels, Pixels::Floats(pixels[60..].to_vec()));
    }

    #[test]
    fn what_is_no_set_of_images_is_refused() {
        for (pixels, labels, side) in [(vec![], vec![], 2), (vec![0.0; 25], vec![0, 0], 2), (vec![0.0; 12], vec![0], 0)]
        {
            assert!(matches!(ImageSet::of_floats(pixels, labels, side), Err(Error::ArrayShape { .. })));
        }
        let mut pixels = vec![0.0; 24];
        pixels[13] = f32::NAN;
        let error = ImageSet::of_floats(pixels, vec![0, 0], 2).unwrap_err();
        assert_eq!(error.to_string(), "image 2 has a pixel that is NaN");
        let set = ImageSet::of_floats(vec![0.0; 36], vec![0, 1, 2], 2).unwrap();
        let error = set.check_classes(2).unwrap_err();
        assert_eq!(error.to_string(), "image set array: record 3 has label 2, too high for 2 classes");
    }
}

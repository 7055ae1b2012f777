//! Images that a program brings along as numbers, normalised as it sees fit.

use zeronas_random::Stream;

use super::{CHANNELS, Minibatch, Order, pixel_buffer};
use crate::{Error, Result, sha256_hex};

/// Labelled images of one size, as floats.
#[derive(Clone, Debug)]
pub struct ArraySet {
    /// Images one after the other, each 3 x side x side, row-major.
    pixels: Vec<f32>,
    labels: Vec<u32>,
    side: usize,
    fingerprint: String,
}

impl ArraySet {
    /// `labels.len()` images of 3 x `side` x `side`, one after another, row-major.
    ///
    /// # Errors
    /// When there is no image, the lengths do not agree, or a pixel is not finite.
    pub fn new(pixels: Vec<f32>, labels: Vec<u32>, side: usize) -> Result<Self> {
        let expected = [CHANNELS, side, side].iter().try_fold(labels.len(), |all, &size| all.checked_mul(size));
        if pixels.is_empty() || expected != Some(pixels.len()) {
            return Err(Error::ArrayShape { pixels: pixels.len(), labels: labels.len(), side });
        }
        if let Some(i) = pixels.iter().position(|pixel| !pixel.is_finite()) {
            let image = i / (CHANNELS * side * side) + 1;
            return Err(Error::ArrayPixel { image, pixel: pixels[i] });
        }
        let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        let numbers: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        let fingerprint = sha256_hex([bytes.as_slice(), &numbers]);
        Ok(ArraySet { pixels, labels, side, fingerprint })
    }

    /// Height and width of an image in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// SHA-256 of the pixels and labels, little-endian, in hexadecimal digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn check_classes(&self, classes: usize) -> Result<()> {
        match self.labels.iter().position(|&label| label as usize >= classes) {
            Some(i) => Err(Error::ArrayLabel { image: i + 1, label: self.labels[i], classes }),
            None => Ok(()),
        }
    }

    /// See [`Source::minibatch`](super::Source::minibatch); `size` is not 0.
    pub(super) fn minibatch(&self, seed: u64, index: usize, size: usize, order: Order) -> Result<Minibatch> {
        let images = self.labels.len();
        let end = index.checked_add(1).and_then(|batches| batches.checked_mul(size)).filter(|&end| end <= images);
        let Some(end) = end else {
            return Err(Error::TooFewImages { set: NAME.into(), size, index, images });
        };
        let chosen: Vec<usize> = match order {
            Order::File => (end - size..end).collect(),
            Order::Shuffled => Stream::new("images.order", seed).permutation(images)[end - size..end].to_vec(),
        };
        let length = CHANNELS * self.side * self.side;
        let mut pixels = pixel_buffer(size, self.side)?;
        chosen.iter().for_each(|&image| pixels.extend_from_slice(&self.pixels[image * length..(image + 1) * length]));
        let labels = chosen.iter().map(|&image| self.labels[image]).collect();
        Ok(Minibatch { pixels, labels, size, side: self.side })
    }
}

/// What such a set is called.
pub(super) const NAME: &str = "array";

#[cfg(test)]
mod tests {
    use super::*;

    fn set(images: usize) -> ArraySet {
        let pixels = (0..images * 12).map(|i| i as f32).collect();
        ArraySet::new(pixels, (0..images as u32).collect(), 2).unwrap()
    }

    #[test]
    fn images_are_dealt_as_those_of_a_file_are() {
        let set = set(6);
        let batch = set.minibatch(3, 1, 2, Order::File).unwrap();
        assert_eq!((batch.labels, batch.pixels[0], batch.side), (vec![2, 3], 24.0, 2));
        let mut dealt: Vec<u32> =
            (0..3).flat_map(|index| set.minibatch(3, index, 2, Order::Shuffled).unwrap().labels).collect();
        let order: Vec<u32> = Stream::new("images.order", 3).permutation(6).iter().map(|&i| i as u32).collect();
        assert_eq!(dealt, order);
        dealt.sort_unstable();
        assert_eq!(dealt, [0, 1, 2, 3, 4, 5]);
        assert!(set.minibatch(3, 3, 2, Order::File).unwrap_err().to_string().contains("beyond the 6 images of array"));
    }

    #[test]
    fn what_is_no_set_of_images_is_refused() {
        for (pixels, labels, side) in [(vec![], vec![], 2), (vec![0.0; 25], vec![0, 0], 2), (vec![0.0; 12], vec![0], 0)]
        {
            assert!(matches!(ArraySet::new(pixels, labels, side), Err(Error::ArrayShape { .. })));
        }
        let mut pixels = vec![0.0; 24];
        pixels[13] = f32::NAN;
        let error = ArraySet::new(pixels, vec![0, 0], 2).unwrap_err();
        assert_eq!(error.to_string(), "image 2 has a pixel that is NaN");
        let error = set(3).check_classes(2).unwrap_err();
        assert_eq!(error.to_string(), "image 3 has label 2, too high for 2 classes");
    }
}

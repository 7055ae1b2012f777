//! Scaling of sets whose images all have the same size.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use rayon::prelude::*;

use super::pixels::Pixels;
use super::{CHANNELS, Dimensions, ImageSet, Splits};
use crate::{Error, Result, sha256_hex};
use std::sync::Arc;

impl Splits {
    /// Returns the same images scaled to `side` x `side` by the filter used for pictures; images that already have this size are
    /// unchanged.
    ///
    /// # Errors
    /// If the images are floats, which are used as given, or do not fit into memory.
    pub fn scaled(self, side: usize) -> Result<Self> {
        let scaled = |set: ImageSet| set.scaled(side);
        Ok(Splits {
            train: scaled(self.train)?,
            valid: self.valid.map(scaled).transpose()?,
            test: self.test.map(scaled).transpose()?,
        })
    }
}

impl ImageSet {
    fn scaled(self, side: usize) -> Result<Self> {
        if side == self.side {
            return Ok(self);
        }
        let Pixels::Bytes(pixels) = self.pixels.as_ref() else {
            return Err(Error::Unscaled { set: self.name.clone(), found: self.side, side });
        };
        let too_large = || Error::BatchTooLarge { size: self.len(), dimensions: Dimensions::square(side) };
        let size = side.checked_mul(side).and_then(|plane| plane.checked_mul(CHANNELS)).ok_or_else(too_large)?;
        let mut all = Vec::new();
        all.try_reserve_exact(size.checked_mul(self.len()).ok_or_else(too_large)?).map_err(|_| too_large())?;
        all.resize(size * self.len(), 0);
        let found = pixels.par_chunks_exact(CHANNELS * self.side * self.side);
        all.par_chunks_exact_mut(size).zip(found).for_each(|(image, found)| scale(found, self.side, image, side));
        let about = self.about.scaled(self.side);
        let fingerprint = sha256_hex([self.fingerprint.as_bytes(), format!("\nscaled to {side}").as_bytes()]);
        Ok(ImageSet { side, pixels: Arc::new(Pixels::Bytes(all)), about: Arc::new(about), fingerprint, ..self })
    }
}

/// Scales an image of three planes.
fn scale(found: &[u8], found_side: usize, image: &mut [u8], side: usize) {
    let plane = found_side * found_side;
    let picture = RgbImage::from_fn(found_side as u32, found_side as u32, |x, y| {
        let at = y as usize * found_side + x as usize;
        [found[at], found[plane + at], found[2 * plane + at]].into()
    });
    let scaled = resize(&picture, side as u32, side as u32, FilterType::Triangle);
    for (channel, plane) in image.chunks_exact_mut(side * side).enumerate() {
        plane.iter_mut().zip(scaled.pixels()).for_each(|(byte, pixel)| *byte = pixel.0[channel]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_scaled_as_pictures_are() {
        let set = ImageSet::embedded();
        let splits = Splits::from(set.clone()).scaled(64).unwrap();
        let scaled = &splits.train;
        assert_eq!((scaled.side(), scaled.len(), scaled.label(9)), (64, set.len(), set.label(9)));
        assert_ne!(scaled.fingerprint(), set.fingerprint());
        assert!(splits.line().contains("32 x 32, taken at 64 x 64 (scaled)"), "{}", splits.line());
        let folder = tempfile::tempdir().unwrap();
        let found = set.bytes(9).unwrap();
        let path = folder.path().join("picture.png");
        RgbImage::from_fn(32, 32, |x, y| {
            let at = (y * 32 + x) as usize;
            [found[at], found[1024 + at], found[2048 + at]].into()
        })
        .save(&path)
        .unwrap();
        assert_eq!(scaled.bytes(9).unwrap(), super::super::picture::planes(&path, 64).unwrap());
        assert_eq!(Splits::from(set.clone()).scaled(32).unwrap().train.fingerprint(), set.fingerprint());
    }

    #[test]
    fn what_cannot_be_scaled_is_refused() {
        let floats = ImageSet::of_floats(vec![0.0; 12], vec![0], 2).unwrap();
        let error = Splits::from(floats).scaled(4).unwrap_err().to_string();
        assert!(error.contains("array") && error.contains("2 x 2") && error.contains("4 x 4"), "{error}");
    }
}

//! Images and labels from the counter-based generator: no file, no end, and the same on every machine.
//!
//! For mini-batch K under a seed, with u from stream `input.K` (one per pixel) and v from stream `input.K.block` (one per 8 x 8
//! block of a channel), both addressed by their row-major index:
//!
//! ```text
//! pixel = 0.75 (2u - 1) + 1.5 (2v - 1)        in f64, rounded once to f32
//! label = (bits_n >> 33) mod classes          bits of image n from stream labels.K
//! ```
//!
//! Blocks at the right and lower edge are cut off if a side is not a multiple of 8. The shared block value makes neighbouring
//! pixels similar, as in real pictures. Noise has the same labels, and every pixel is drawn from N(0, 1) with stream `noise.K`
//! and rounded to f32.

use zeronas_random::Stream;

use super::{Dimensions, Minibatch, pixel_buffer};
use crate::{Error, Result};

const BLOCK: usize = 8;

/// See [`Source::minibatch`](super::Source::minibatch).
pub(super) fn minibatch(
    seed: u64,
    index: usize,
    size: usize,
    dimensions: Dimensions,
    classes: usize,
) -> Result<Minibatch> {
    let mut pixels = empty(size, dimensions, classes)?;
    let Dimensions { channels, height, width } = dimensions;
    let pixel = Stream::new(&format!("input.{index}"), seed);
    let block = Stream::new(&format!("input.{index}.block"), seed);
    let (blocks_down, blocks_across) = (height.div_ceil(BLOCK), width.div_ceil(BLOCK));
    for plane in 0..size * channels {
        for row in 0..height {
            let first_block = (plane * blocks_down + row / BLOCK) * blocks_across;
            for column in 0..width {
                let u = pixel.uniform(pixels.len() as u64);
                let v = block.uniform((first_block + column / BLOCK) as u64);
                pixels.push((0.75 * (2.0 * u - 1.0) + 1.5 * (2.0 * v - 1.0)) as f32);
            }
        }
    }
    Ok(Minibatch { pixels, labels: labels(seed, index, size, classes), size, dimensions })
}

/// Returns images of noise.
pub(super) fn noise(seed: u64, index: usize, size: usize, dimensions: Dimensions, classes: usize) -> Result<Minibatch> {
    let mut pixels = empty(size, dimensions, classes)?;
    let stream = Stream::new(&format!("noise.{index}"), seed);
    let Dimensions { channels, height, width } = dimensions;
    pixels.extend((0..(size * channels * height * width) as u64).map(|i| stream.normal(i) as f32));
    Ok(Minibatch { pixels, labels: labels(seed, index, size, classes), size, dimensions })
}

/// Allocates room for the pixels, after checking that there are any and that there is a class to draw.
fn empty(size: usize, dimensions: Dimensions, classes: usize) -> Result<Vec<f32>> {
    let Dimensions { channels, height, width } = dimensions;
    if [channels, height, width].contains(&0) {
        return Err(Error::NoSyntheticPixel { dimensions });
    }
    if classes == 0 {
        return Err(Error::NoSyntheticClass);
    }
    pixel_buffer(size, dimensions)
}

fn labels(seed: u64, index: usize, size: usize, classes: usize) -> Vec<u32> {
    let label = Stream::new(&format!("labels.{index}"), seed);
    (0..size as u64).map(|i| label.below(i, classes as u64) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_stay_within_their_bounds_and_labels_within_the_classes() {
        let batch = minibatch(5, 3, 4, Dimensions::square(16), 3).unwrap();
        assert_eq!(batch.pixels.len(), 4 * 3 * 16 * 16);
        assert!(batch.pixels.iter().all(|x| x.abs() < 2.25));
        assert!(batch.labels.iter().all(|&label| label < 3));
    }

    #[test]
    fn noise_is_standard_normal_with_the_labels_of_synthetic_images() {
        let batch = noise(5, 3, 40, Dimensions::square(16), 3).unwrap();
        let count = batch.pixels.len() as f64;
        let [mean, square] =
            [1, 2].map(|power| batch.pixels.iter().map(|&x| f64::from(x).powi(power)).sum::<f64>() / count);
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.03, "{mean} {square}");
        assert_eq!(batch.labels, minibatch(5, 3, 40, Dimensions::square(16), 3).unwrap().labels);
    }

    #[test]
    fn images_of_any_sides_have_blocks_that_are_cut_off() {
        let dimensions = Dimensions { channels: 2, height: 5, width: 11 };
        let batch = minibatch(1, 0, 3, dimensions, 4).unwrap();
        assert_eq!(batch.pixels.len(), 3 * 2 * 5 * 11);
        // All pixels of a block share its value, so each lies within 0.75 of it.
        let plane = &batch.pixels[..55];
        for columns in [0..8, 8..11] {
            let block: Vec<f32> = (0..55).filter(|i| columns.contains(&(i % 11))).map(|i| plane[i]).collect();
            let (low, high) = block.iter().fold((f32::MAX, f32::MIN), |(low, high), &x| (low.min(x), high.max(x)));
            assert!(high - low < 1.5, "{low} to {high}");
        }
    }

    #[test]
    fn a_larger_batch_begins_with_the_smaller_one() {
        let (small, large) = (
            minibatch(1, 0, 2, Dimensions::square(32), 10).unwrap(),
            minibatch(1, 0, 5, Dimensions::square(32), 10).unwrap(),
        );
        assert_eq!(small.pixels, large.pixels[..small.pixels.len()]);
        assert_eq!(small.labels, large.labels[..2]);
    }

    #[test]
    fn unfit_settings_are_errors() {
        let flat = Dimensions { channels: 3, height: 0, width: 8 };
        assert!(matches!(minibatch(0, 0, 1, flat, 10), Err(Error::NoSyntheticPixel { .. })));
        assert!(matches!(noise(0, 0, 1, flat, 10), Err(Error::NoSyntheticPixel { .. })));
        assert!(matches!(minibatch(0, 0, 1, Dimensions::square(32), 0), Err(Error::NoSyntheticClass)));
        for size in [usize::MAX, usize::MAX / (4 * 3 * 32 * 32)] {
            assert!(matches!(minibatch(0, 0, size, Dimensions::square(32), 10), Err(Error::BatchTooLarge { .. })));
        }
    }
}

//! Images and labels out of the counter-based generator: no file, no end, the same on every machine.
//!
//! For mini-batch K under a seed, with u from stream `input.K` (one a pixel) and v from stream `input.K.block` (one an
//! 8 x 8 block of a channel), both addressed by their row-major index:
//!
//! ```text
//! pixel = 0.75 (2u - 1) + 1.5 (2v - 1)        in f64, rounded once to f32
//! label = (bits_n >> 33) mod classes          bits of image n from stream labels.K
//! ```
//!
//! The shared block value makes neighbouring pixels alike, as they are in pictures. Noise has the same labels, and every pixel is
//! N(0, 1) from stream `noise.K`, rounded to f32.

use zeronas_random::Stream;

use super::{CHANNELS, Minibatch, pixel_buffer};
use crate::{Error, Result};

const BLOCK: usize = 8;

/// See [`Source::minibatch`](super::Source::minibatch).
pub(super) fn minibatch(seed: u64, index: usize, size: usize, side: usize, classes: usize) -> Result<Minibatch> {
    if side == 0 || !side.is_multiple_of(BLOCK) {
        return Err(Error::SyntheticSide { side });
    }
    if classes == 0 {
        return Err(Error::NoSyntheticClass);
    }
    let mut pixels = pixel_buffer(size, side)?;
    let pixel = Stream::new(&format!("input.{index}"), seed);
    let block = Stream::new(&format!("input.{index}.block"), seed);
    let blocks = side / BLOCK;
    for plane in 0..size * CHANNELS {
        for row in 0..side {
            let first_block = (plane * blocks + row / BLOCK) * blocks;
            for column in 0..side {
                let u = pixel.uniform(pixels.len() as u64);
                let v = block.uniform((first_block + column / BLOCK) as u64);
                pixels.push((0.75 * (2.0 * u - 1.0) + 1.5 * (2.0 * v - 1.0)) as f32);
            }
        }
    }
    Ok(Minibatch { pixels, labels: labels(seed, index, size, classes), size, side })
}

/// Images of noise.
pub(super) fn noise(seed: u64, index: usize, size: usize, side: usize, classes: usize) -> Result<Minibatch> {
    if classes == 0 {
        return Err(Error::NoSyntheticClass);
    }
    let mut pixels = pixel_buffer(size, side)?;
    let stream = Stream::new(&format!("noise.{index}"), seed);
    pixels.extend((0..(size * CHANNELS * side * side) as u64).map(|i| stream.normal(i) as f32));
    Ok(Minibatch { pixels, labels: labels(seed, index, size, classes), size, side })
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
        let batch = minibatch(5, 3, 4, 16, 3).unwrap();
        assert_eq!(batch.pixels.len(), 4 * 3 * 16 * 16);
        assert!(batch.pixels.iter().all(|x| x.abs() < 2.25));
        assert!(batch.labels.iter().all(|&label| label < 3));
    }

    #[test]
    fn noise_is_standard_normal_with_the_labels_of_synthetic_images() {
        let batch = noise(5, 3, 40, 16, 3).unwrap();
        let count = batch.pixels.len() as f64;
        let [mean, square] =
            [1, 2].map(|power| batch.pixels.iter().map(|&x| f64::from(x).powi(power)).sum::<f64>() / count);
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.03, "{mean} {square}");
        assert_eq!(batch.labels, minibatch(5, 3, 40, 16, 3).unwrap().labels);
    }

    #[test]
    fn a_larger_batch_begins_with_the_smaller_one() {
        let (small, large) = (minibatch(1, 0, 2, 32, 10).unwrap(), minibatch(1, 0, 5, 32, 10).unwrap());
        assert_eq!(small.pixels, large.pixels[..small.pixels.len()]);
        assert_eq!(small.labels, large.labels[..2]);
    }

    #[test]
    fn unfit_settings_are_errors() {
        for side in [0, 4, 33] {
            assert!(matches!(minibatch(0, 0, 1, side, 10), Err(Error::SyntheticSide { .. })));
        }
        assert!(matches!(minibatch(0, 0, 1, 32, 0), Err(Error::NoSyntheticClass)));
        for size in [usize::MAX, usize::MAX / (4 * 3 * 32 * 32)] {
            assert!(matches!(minibatch(0, 0, size, 32, 10), Err(Error::BatchTooLarge { .. })));
        }
    }
}

//! The pixels of images, as bytes or floats, and their normalisation.

use super::{CHANNELS, Statistics};

/// Images one after the other, each 3 x side x side, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pixels {
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

impl Pixels {
    pub fn len(&self) -> usize {
        match self {
            Pixels::Bytes(pixels) => pixels.len(),
            Pixels::Floats(pixels) => pixels.len(),
        }
    }

    /// Returns the images at these places, each of `size` numbers.
    pub fn pick(&self, places: &[usize], size: usize) -> Self {
        fn of<T: Copy>(pixels: &[T], places: &[usize], size: usize) -> Vec<T> {
            places.iter().flat_map(|&place| &pixels[place * size..(place + 1) * size]).copied().collect()
        }
        match self {
            Pixels::Bytes(pixels) => Pixels::Bytes(of(pixels, places, size)),
            Pixels::Floats(pixels) => Pixels::Floats(of(pixels, places, size)),
        }
    }

    /// Returns the numbers as little-endian bytes, for a fingerprint.
    pub fn to_bytes(&self) -> std::borrow::Cow<'_, [u8]> {
        match self {
            Pixels::Bytes(pixels) => pixels.into(),
            Pixels::Floats(pixels) => pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect(),
        }
    }

    /// Returns the statistics of channels of `plane` pixels each.
    pub fn statistics(&self, plane: usize) -> Statistics {
        match self {
            Pixels::Bytes(pixels) => Statistics::of(pixels, plane),
            Pixels::Floats(pixels) => Statistics::of_floats(pixels, plane),
        }
    }
}

/// `(pixel - mean) / std` of each channel, computed in f64 and rounded once.
#[derive(Clone, Debug)]
pub struct Normaliser {
    statistics: Statistics,
    /// The result for each value of a byte.
    bytes: Box<[[f32; 256]; CHANNELS]>,
}

impl From<Statistics> for Normaliser {
    fn from(statistics: Statistics) -> Self {
        Normaliser { statistics, bytes: Box::new(statistics.table()) }
    }
}

impl Normaliser {
    pub(super) fn byte(&self, channel: usize, pixel: u8) -> f32 {
        self.bytes[channel][usize::from(pixel)]
    }

    pub(super) fn float(&self, channel: usize, pixel: f32) -> f32 {
        ((f64::from(pixel) - self.statistics.mean[channel]) / self.statistics.std[channel]) as f32
    }
}

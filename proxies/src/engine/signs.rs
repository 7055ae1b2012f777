//! Random signs for the values at a network's boundaries.

use crate::network::Shape;
use std::array::from_fn;
use std::ops::Range;
use zeronas_random::Stream;

/// A random +1 or -1 for every value at a boundary of a network: bit ((n * height + h) * width + w) * channels + c of the random
/// stream `signs.BOUNDARY` with seed 0, which has 64 bits per number, lowest first. A set bit stands for +1. The signs are the same
/// for all networks.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    stream: Stream,
    shape: Shape,
}

impl Signs {
    /// Returns the signs at boundary number `boundary`, whose values have this shape.
    pub fn new(boundary: usize, shape: Shape) -> Self {
        Signs { stream: Stream::new(&format!("signs.{boundary}"), 0), shape }
    }

    /// Shape of one image.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Returns the signs of these images one after another, pixel by pixel, channels innermost.
    pub fn images(&self, images: Range<usize>) -> Vec<f32> {
        let [first, end] = [images.start, images.end].map(|n| n * self.shape.len());
        let words = first / 64..end.div_ceil(64);
        let mut signs = Vec::with_capacity(64 * words.len());
        for word in words {
            let bits = self.stream.bits(word as u64);
            // Of halves with known places of bits the compiler makes vectors.
            for half in [bits as u32, (bits >> 32) as u32] {
                signs.extend_from_slice(&from_fn::<f32, 32, _>(|i| if half & 1 << i == 0 { -1.0 } else { 1.0 }));
            }
        }
        signs.truncate(end - first / 64 * 64);
        signs.drain(..first % 64);
        signs
    }
}

/// The numbers of the boundaries at which a value lies, in order; `boundaries` holds the value at each. A value lies at two
/// boundaries if the block between them passes its input on unchanged.
pub(super) fn boundaries_at<T: PartialEq>(boundaries: &[T], value: T) -> Vec<usize> {
    boundaries.iter().enumerate().filter(|(_, boundary)| **boundary == value).map(|(k, _)| k).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_follow_one_another_in_the_stream() {
        let one = Signs::new(3, Shape::new(5, 3, 7));
        let two = Signs::new(3, Shape::new(10, 3, 7));
        let twice = one.images(0..2);
        assert_eq!(twice, [one.images(0..1), one.images(1..2)].concat());
        assert_eq!(twice, two.images(0..1));
        let sum: f32 = two.images(0..2).iter().sum();
        assert!(sum.abs() < 100.0, "{sum}");
        assert_ne!(twice, Signs::new(4, Shape::new(10, 3, 7)).images(0..1));
    }
}

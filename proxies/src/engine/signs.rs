//! Random signs for the values at a network's boundaries.

use crate::network::Shape;
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

    /// Returns the signs of one image, pixel by pixel, channels innermost.
    pub fn image(&self, n: usize) -> impl Iterator<Item = f32> + use<> {
        let (stream, first) = (self.stream, n * self.shape.len());
        let mut word = stream.bits(first as u64 / 64);
        (first..first + self.shape.len()).map(move |i| {
            if i % 64 == 0 {
                word = stream.bits(i as u64 / 64);
            }
            if word >> (i % 64) & 1 == 1 { 1.0 } else { -1.0 }
        })
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
        let twice: Vec<f32> = one.image(0).chain(one.image(1)).collect();
        assert_eq!(twice, two.image(0).collect::<Vec<_>>());
        let sum: f32 = two.image(0).chain(two.image(1)).sum();
        assert!(sum.abs() < 100.0, "{sum}");
        assert_ne!(twice, Signs::new(4, Shape::new(10, 3, 7)).image(0).collect::<Vec<_>>());
    }
}

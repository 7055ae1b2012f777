//! The least work of a launch: its arithmetic, and one access to each number that it reads or writes.

use super::arguments::{
    Activation, ChannelSums, CodeDistances, Combine, Conv, CopyChannels, Crop, Generate, LayerNorm, NormBackward,
    NormForward, PlaneProducts, Pool, Product, Spread, SumParts, WeightGradient,
};
use super::source::rule_number;
use crate::network::Rule;
use std::iter::Sum;
use std::ops::AddAssign;

/// Additions and multiplications, and bytes to and from memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Additions and multiplications.
    pub operations: u64,
    /// Bytes read and written.
    pub bytes: u64,
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.bytes += other.bytes;
    }
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Work::default(), |mut sum, work| {
            sum += work;
            sum
        })
    }
}

/// Arguments that determine the work of a launch.
pub(super) trait Works {
    /// The work on a grid of this many blocks, with numbers of `size` bytes.
    fn work(&self, grid: [usize; 2], size: u64) -> Work;
}

/// The product of sides, none of which is negative.
fn product<const N: usize>(sides: [i32; N]) -> u64 {
    sides.into_iter().map(|side| u64::try_from(side).unwrap_or(0)).product()
}

/// How many of these addresses are given.
fn given<const N: usize>(addresses: [u64; N]) -> u64 {
    addresses.into_iter().filter(|&address| address != 0).count() as u64
}

fn flag(value: i32) -> u64 {
    u64::from(value != 0)
}

/// The bytes of the parts of two kinds of sums, in double precision.
fn sums(parts: i32, channels: i32) -> u64 {
    16 * product([parts, channels])
}

impl Works for Conv {
    /// For a transposed convolution, counts the products in which its gradient takes part.
    fn work(&self, grid: [usize; 2], size: u64) -> Work {
        let read = product([self.images, self.in_channels, self.in_height, self.in_width]);
        let written = product([self.images, self.out_channels, self.out_height, self.out_width]);
        let taps = product([self.kernel_height, self.kernel_width]);
        let groups = product([self.groups]);
        let weights = product([self.in_channels, self.out_channels]) / groups * taps;
        let products = if self.transposed == 0 {
            written * product([self.in_channels]) / groups * taps
        } else {
            read * product([self.out_channels]) / groups * taps
        };
        let outputs = written * (1 + flag(self.add) + given([self.gate]));
        let sums = if self.sums == 0 { 0 } else { 16 * grid[0] as u64 * product([self.out_channels]) };
        Work { operations: 2 * products, bytes: size * (read + weights + outputs) + sums }
    }
}

impl Works for WeightGradient {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let read = product([self.images, self.in_channels, self.in_height, self.in_width]);
        let g = product([self.images, self.out_channels, self.out_height, self.out_width]);
        let places = product([self.in_channels, self.kernel_height, self.kernel_width]) / product([self.groups]);
        let partial = product([self.parts, self.out_channels]) * places;
        Work { operations: 2 * g * places, bytes: size * (read + g + partial) }
    }
}

impl Works for Generate {
    /// A uniform number takes a dozen integer operations, counted like any other; a normal one takes two uniform ones, a logarithm and a
    /// cosine.
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.length]);
        let normal = self.rule >= rule_number(Rule::Normal(1.0)).0;
        Work { operations: numbers * if normal { 90 } else { 12 }, bytes: size * numbers }
    }
}

impl Works for SumParts {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let partial = product([self.parts, self.length]);
        Work { operations: partial, bytes: size * (partial + product([self.length])) }
    }
}

impl Works for ChannelSums {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.images, self.channels, self.area]);
        let reads = 1 + u64::from(self.x != self.g);
        Work { operations: 3 * numbers, bytes: size * reads * numbers + sums(self.parts, self.channels) }
    }
}

impl Works for NormForward {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let channels = product([self.channels]);
        let operations = 2 * product([self.parts, self.channels]) + 10 * channels;
        Work { operations, bytes: sums(self.parts, self.channels) + channels * (24 + 4 * size) }
    }
}

impl Works for NormBackward {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let channels = product([self.channels]);
        let operations = 2 * product([self.parts, self.channels]) + 15 * channels;
        Work { operations, bytes: sums(self.parts, self.channels) + channels * (24 + 6 * size) }
    }
}

impl Works for Combine {
    fn work(&self, grid: [usize; 2], size: u64) -> Work {
        let images = grid[1] as u64;
        let numbers = images * product([self.channels, self.area]);
        let terms = given([self.x0, self.x1, self.x2, self.x3]);
        let normalised = given([self.factors0, self.factors1, self.factors2, self.factors3]);
        let codes = if self.codes == 0 { 0 } else { 4 * images * product([self.words]) };
        let moved = terms + given([self.raw, self.activated]);
        Work { operations: numbers * (terms + 2 * normalised + 1), bytes: size * numbers * moved + codes }
    }
}

impl Works for Spread {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.length]);
        let normalised = 4 * given([self.factors]);
        let moved = 2 + flag(self.add) + given([self.gate]) + given([self.factors]);
        Work { operations: numbers * (normalised + flag(self.add) + 1), bytes: size * numbers * moved }
    }
}

impl Works for Activation {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.length]);
        Work { operations: 4 * numbers, bytes: size * numbers * (3 + flag(self.add)) }
    }
}

impl Works for Product {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.planes, self.area]);
        let moved = 3 + flag(self.add) + given([self.gate]);
        Work { operations: numbers, bytes: size * numbers * moved }
    }
}

impl Works for CopyChannels {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.images, self.count, self.area]);
        let filled = if self.fill == 0 { numbers } else { product([self.images, self.to_channels, self.area]) };
        Work { operations: 0, bytes: size * (numbers * (1 + flag(self.add) + given([self.gate])) + filled) }
    }
}

impl Works for Pool {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let large = product([self.planes, self.height, self.width]);
        let small = product([self.planes, self.out_height, self.out_width]);
        let backward = self.by_y != 0;
        let again = if backward { given([self.x]) + given([self.gate]) + flag(self.add) } else { 0 };
        let window = product([self.kernel_height, self.kernel_width]);
        let operations = if window == 0 { large } else { small * window };
        Work { operations, bytes: size * (large * (1 + again) + small) }
    }
}

impl Works for Crop {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let from = product([self.planes, self.from_height, self.from_width]);
        let to = product([self.planes, self.to_height, self.to_width]);
        let again = flag(self.add) + given([self.gate]);
        Work { operations: 0, bytes: size * (from.min(to) + to * (1 + again)) }
    }
}

impl Works for LayerNorm {
    fn work(&self, _grid: [usize; 2], size: u64) -> Work {
        let numbers = product([self.images, self.channels, self.area]);
        let moved = 2 + given([self.by_y]) + flag(self.add) + given([self.gate]);
        Work { operations: 12 * numbers, bytes: size * numbers * moved }
    }
}

impl Works for PlaneProducts {
    fn work(&self, grid: [usize; 2], size: u64) -> Work {
        let numbers = grid[0] as u64 * product([self.area]);
        Work { operations: 2 * numbers, bytes: 2 * size * numbers + 8 * grid[0] as u64 }
    }
}

impl Works for CodeDistances {
    /// An exclusive or, a count and an addition for each word of each pair.
    fn work(&self, _grid: [usize; 2], _size: u64) -> Work {
        let (images, words) = (product([self.images]), product([self.words]));
        let pairs = images * images.saturating_sub(1) / 2;
        Work { operations: 3 * pairs * words, bytes: 4 * (images * words + pairs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 images of 16 x 32 x 32 through a 3 x 3 convolution: 64 * 16 * 16 * 9 * 1024 multiplications and as many additions, forward and for
    /// the gradients of input and weight.
    #[test]
    fn a_convolution_and_its_gradients_take_as_many_operations() {
        let conv = Conv {
            images: 64,
            in_channels: 16,
            in_height: 32,
            in_width: 32,
            out_channels: 16,
            out_height: 32,
            out_width: 32,
            kernel_height: 3,
            kernel_width: 3,
            groups: 1,
            ..Conv::default()
        };
        let operations = 2 * 64 * 16 * 16 * 9 * 1024;
        let forward = conv.work([256, 1], 4);
        assert_eq!(forward, Work { operations, bytes: 4 * (2 * 64 * 16 * 1024 + 16 * 16 * 9) });
        assert_eq!(Conv { transposed: 1, ..conv }.work([256, 1], 4).operations, operations);
        let gradient = WeightGradient {
            images: 64,
            parts: 8,
            in_channels: 16,
            in_height: 32,
            in_width: 32,
            out_channels: 16,
            out_height: 32,
            out_width: 32,
            kernel_height: 3,
            kernel_width: 3,
            groups: 1,
            ..WeightGradient::default()
        };
        assert_eq!(gradient.work([2, 8], 4).operations, operations);
    }

    #[test]
    fn what_is_not_given_is_not_moved() {
        let whole = Spread { length: 100, ..Spread::default() };
        assert_eq!(whole.work([1, 1], 8).bytes, 1600);
        assert_eq!(Spread { add: 1, gate: 1, ..whole }.work([1, 1], 8).bytes, 3200);
    }
}

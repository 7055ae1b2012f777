//! `swap`: sample-wise activation patterns, the number of different ways in which units respond to the images.
//!
//! ```text
//! p_u   = the pattern of unit u of any ReLU: for which images it is on (input > 0)
//! score = number of distinct p_u
//! ```
//!
//! At most the number of units, and 2 to the number of images; only scores with the same batch size are comparable. The published program
//! uses 16 images and the mean over 32 draws of N(0, 1) weights: `--batch-size 16 --init gaussian --seeds 32`. Its variant
//! regularised by the number of parameters needs constants chosen for each search space and is not implemented.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{BitMatrix, Observer, Watch};
use crate::network::{LayerId, Network};
use crate::score::Status;
use std::collections::HashMap;

/// Number of sample-wise activation patterns.
pub struct Swap;

/// All patterns seen, told apart 64 images at a time.
#[derive(Default)]
struct Patterns {
    /// For each block of 64 images: the number of a pattern over all images up to the end of the block, by the pattern's number over
    /// the images before the block and its bits in the block.
    numbers: Vec<HashMap<(u32, u64), u32>>,
    /// The codes of the latest ReLU: ReLUs that read one value follow one another with the same codes.
    latest: BitMatrix,
}

impl Proxy for Swap {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "swap",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "number of distinct patterns of units over the images",
            source: "Peng et al. 2024, SWAP-NAS",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { relu_codes: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Patterns::default())
    }
}

impl Observer for Patterns {
    fn relu_codes(&mut self, _layer: LayerId, codes: &BitMatrix) {
        if self.latest == *codes {
            return;
        }
        self.latest.copy_from(codes);
        let blocks: Vec<usize> = (0..codes.rows()).step_by(64).collect();
        self.numbers.resize_with(blocks.len(), HashMap::new);
        for first in (0..codes.columns()).step_by(64) {
            let units = 64.min(codes.columns() - first);
            let mut patterns = [0u32; 64];
            for (&image, numbers) in blocks.iter().zip(&mut self.numbers) {
                let mut bits = [0u64; 64];
                let rows = image..codes.rows().min(image + 64);
                bits.iter_mut().zip(rows).for_each(|(bits, row)| *bits = codes.row(row)[first / 64]);
                transpose(&mut bits);
                for (pattern, bits) in patterns.iter_mut().zip(bits).take(units) {
                    let next = numbers.len() as u32;
                    *pattern = *numbers.entry((*pattern, bits)).or_insert(next);
                }
            }
        }
    }
}

impl Measurement for Patterns {
    fn finish(self: Box<Self>) -> Measured {
        self.numbers.last().map(|numbers| numbers.len() as f64).ok_or(Status::Undefined)
    }
}

/// Transposes 64 x 64 bits, word by word: bit j of word i goes to bit i of word j. Swaps ever smaller off-diagonal blocks
/// (Warren 2012, Hacker's Delight, 7-3).
fn transpose(bits: &mut [u64; 64]) {
    let mut side = 32;
    let mut low = u64::MAX >> 32;
    while side > 0 {
        for block in (0..64).step_by(2 * side) {
            for i in block..block + side {
                let swapped = ((bits[i] >> side) ^ bits[i + side]) & low;
                bits[i] ^= swapped << side;
                bits[i + side] ^= swapped;
            }
        }
        side /= 2;
        low ^= low << side;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bit(row: usize, column: usize) -> bool {
        (row * 31 + column * 17 + row * column) % 7 < 3
    }

    #[test]
    fn transposed_bits_have_changed_places() {
        let mut bits: [u64; 64] = std::array::from_fn(|i| (0..64).map(|j| u64::from(bit(i, j)) << j).sum());
        transpose(&mut bits);
        assert!((0..64).all(|j| (0..64).all(|i| (bits[j] >> i & 1 == 1) == bit(i, j))));
    }

    #[test]
    fn patterns_are_counted_over_all_images_and_relus() {
        for (images, columns) in [(3, 5), (64, 70), (100, 130)] {
            let matrices = [0, 1, 0].map(|shift| {
                let bits = (0..images * columns).map(|i| bit(i / columns, (i % columns) % 40 + shift));
                BitMatrix::from_bits(images, columns, bits)
            });
            let patterns = (0..2).flat_map(|shift| (0..columns.min(40)).map(move |c| c + shift));
            let distinct: std::collections::HashSet<Vec<bool>> =
                patterns.map(|column| (0..images).map(|n| bit(n, column)).collect()).collect();
            let mut seen = Patterns::default();
            let id = crate::network::NetworkBuilder::new(crate::network::Shape::new(1, 1, 1)).unwrap().input();
            matrices.iter().for_each(|codes| seen.relu_codes(id, codes));
            assert_eq!(Box::new(seen).finish(), Ok(distinct.len() as f64), "{images} images");
        }
    }
}

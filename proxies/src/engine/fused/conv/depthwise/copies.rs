//! Depthwise convolutions of planes with so many channels that the pixels which are read together share a few sets of the first-level
//! cache, because a large power of two lies between them. They read copies, in which the pixels of some channels follow each other.

use super::super::super::lanes::Float;
use super::super::super::layout::{CACHE_LINE, Steps};
use super::super::blocks::PANEL;
use super::super::output::Output;
use super::super::phases::gcd;
use super::product::Overlap;
use super::{Product, Taps};

/// Sets of the first-level cache.
const SETS: usize = 64;

/// Lines in a set.
const WAYS: usize = 8;

/// The most neighbouring windows that the kernel computes together.
const TOGETHER: usize = 8;

/// Whether lines of the cache that lie this many bytes from each other are so many more than the sets that they share can hold that
/// copying them pays, which was found by measuring.
fn are_crowded(lines: usize, distance: usize) -> bool {
    let shared = if distance.is_multiple_of(CACHE_LINE) { gcd(distance / CACHE_LINE, SETS) } else { 1 };
    lines > 2 * WAYS * (SETS / shared)
}

/// Computes a depthwise convolution, from copies if that pays.
///
/// # Panics
/// If a buffer is too short for its steps.
pub(in super::super) fn convolve<F: Float>(product: Product<'_, F>) {
    if product.output.is_empty() {
        return;
    }
    match Copies::of(&product) {
        Some(copies) => copies.run(product),
        None => product.run(),
    }
}

/// What the windows of an image read: rows and columns of pixels.
struct Copies {
    down: Overlap,
    across: Overlap,
}

impl Copies {
    /// Returns how to copy what a convolution reads, if that pays.
    fn of<F: Float>(product: &Product<'_, F>) -> Option<Self> {
        let Product { taps, reads, .. } = product;
        if taps.count() == 0 {
            return None;
        }
        let down = Overlap::new(reads.row, taps.rows, taps.down);
        let across = Overlap::new(reads.column, taps.columns, taps.across);
        let windows = TOGETHER.min(product.output.columns);
        let lines = taps.rows * across.read_by(windows, taps.columns) + windows;
        are_crowded(lines, across.unit * size_of::<F>()).then_some(Copies { down, across })
    }

    /// Runs the convolution.
    fn run<F: Float>(&self, mut product: Product<'_, F>) {
        let (Copies { down, across }, taps) = (self, product.taps);
        let Output { images, rows, columns, channels, .. } = product.output;
        let (height, width) = (down.read_by(rows, taps.rows), across.read_by(columns, taps.columns));
        let mut copy = vec![F::default(); height * width * PANEL];
        for image in 0..images {
            for first in (0..channels).step_by(PANEL) {
                let kept = PANEL.min(channels - first);
                let start = product.reads.at(image, 0, 0) + first;
                let length = width * kept;
                for (row, line) in copy.chunks_exact_mut(length).take(height).enumerate() {
                    self.copy_row(&product.x[start + row * down.unit..], line, kept);
                }
                let part = Product {
                    taps: Taps { down: down.dilation * length, across: across.dilation * kept, ..taps },
                    x: &copy,
                    reads: Steps { start: 0, image: 0, row: down.stride * length, column: across.stride * kept },
                    weights: &product.weights[first * taps.count()..][..kept * taps.count()],
                    output: product.output.part(image, first..first + kept),
                };
                part.run();
            }
        }
    }

    fn copy_row<F: Float>(&self, from: &[F], to: &mut [F], kept: usize) {
        let pixels = to.chunks_exact_mut(kept).zip(from.chunks(self.across.unit));
        if kept == PANEL {
            // A length that the compiler knows.
            pixels.for_each(|(to, from)| to[..PANEL].copy_from_slice(&from[..PANEL]));
        } else {
            pixels.for_each(|(to, from)| to.copy_from_slice(&from[..kept]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::are_crowded;

    #[test]
    fn lines_are_crowded_where_a_large_power_of_two_lies_between_them() {
        // A 5x5 window at 8 pixels, on 256, 768, 128 and 248 channels.
        let crowded = [256, 768, 128, 248].map(|channels| are_crowded(5 * 12 + 8, 4 * channels));
        assert_eq!(crowded, [true, true, false, false]);
    }
}

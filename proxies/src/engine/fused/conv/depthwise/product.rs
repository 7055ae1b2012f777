//! A depthwise convolution, forward or of dL/dz.
//!
//! Neighbouring pixels of a row read the same numbers at neighbouring taps. A register tile holds one vector of channels at up to 8
//! pixels of a row, reads each number once and uses it wherever it belongs.

use super::super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::super::layout::Steps;
use super::super::blocks::in_panel;
use super::super::output::{Output, Place};
use super::super::phases::gcd;
use super::Taps;

/// A depthwise convolution of some images.
pub(in super::super) struct Product<'a, F> {
    pub taps: Taps,
    pub x: &'a [F],
    /// Where windows start in `x`.
    pub reads: Steps,
    /// One for each tap and channel, in panels of a [`Block`](super::super::blocks::Block).
    pub weights: &'a [F],
    pub output: Output<'a, F>,
}

impl<F: Float> Product<'_, F> {
    /// Computes all outputs, of which there is at least one.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub(super) fn run(self) {
        let Output { images, rows, columns, channels, .. } = self.output;
        self.output.check();
        let end = self.reads.last_of(images, rows, columns) + self.taps.reach() + channels;
        assert!(self.taps.count() == 0 || end <= self.x.len(), "input ends too early");
        assert!(self.taps.count() * channels <= self.weights.len(), "too few weights");
        let taps = self.taps.columns;
        let Overlap { unit, stride, dilation } = Overlap::new(self.reads.column, taps, self.taps.across);
        match (taps, stride, dilation) {
            (1, 1, 1) => dispatch(Overlapping::<_, 1, 1, 1>(self, unit)),
            (2, 1, 1) => dispatch(Overlapping::<_, 2, 1, 1>(self, unit)),
            (3, 1, 1) => dispatch(Overlapping::<_, 3, 1, 1>(self, unit)),
            (4, 1, 1) => dispatch(Overlapping::<_, 4, 1, 1>(self, unit)),
            (5, 1, 1) => dispatch(Overlapping::<_, 5, 1, 1>(self, unit)),
            (7, 1, 1) => dispatch(Overlapping::<_, 7, 1, 1>(self, unit)),
            (3, 2, 1) => dispatch(Overlapping::<_, 3, 2, 1>(self, unit)),
            (5, 2, 1) => dispatch(Overlapping::<_, 5, 2, 1>(self, unit)),
            (7, 2, 1) => dispatch(Overlapping::<_, 7, 2, 1>(self, unit)),
            (3, 1, 2) => dispatch(Overlapping::<_, 3, 1, 2>(self, unit)),
            (5, 1, 2) => dispatch(Overlapping::<_, 5, 1, 2>(self, unit)),
            _ => dispatch(Overlapping::<_, ANY, 1, 1>(self, unit)),
        }
    }
}

/// The numbers that a row, or a column, of taps reads for neighbouring pixels: `unit` apart. A pixel begins `stride` of them after the
/// one before it, a tap `dilation` of them.
#[derive(Clone, Copy)]
pub(super) struct Overlap {
    pub unit: usize,
    pub stride: usize,
    pub dilation: usize,
}

impl Overlap {
    /// The overlap of windows that start `step` numbers apart and whose taps lie `apart` from each other.
    pub fn new(step: usize, taps: usize, apart: usize) -> Self {
        if taps <= 1 {
            return Overlap { unit: step, stride: 1, dilation: 1 };
        }
        let unit = gcd(step, apart).max(1);
        Overlap { unit, stride: step / unit, dilation: apart / unit }
    }

    /// How many numbers the taps read for this many pixels, from the first to the last. Neither is 0.
    pub fn read_by(&self, pixels: usize, taps: usize) -> usize {
        (pixels - 1) * self.stride + (taps - 1) * self.dilation + 1
    }
}

/// Stands for the taps of a row where windows overlap in an unusual way.
const ANY: usize = 0;

/// Numbers that `T` neighbouring pixels read in a row of `C` taps at stride `S` and dilation `D`.
const fn reads<const T: usize, const C: usize, const S: usize, const D: usize>() -> usize {
    if C == ANY { 0 } else { (T - 1) * S + (C - 1) * D + 1 }
}

/// The pixel that reads this number at a tap, if it is one of `T`.
#[inline(always)]
const fn pixel_at<const T: usize, const S: usize, const D: usize>(read: usize, tap: usize) -> Option<usize> {
    let first = tap * D;
    if read < first || !(read - first).is_multiple_of(S) || (read - first) / S >= T {
        return None;
    }
    Some((read - first) / S)
}

/// Repeats a block for the numbers that [`reads`] counts, each of which it sees as a constant: a loop over so many is not unrolled by
/// the compiler, and arrays that it indexes are then not kept in registers.
macro_rules! unrolled {
    ($read:ident < $count:expr, $block:block) => {
        unrolled!($read < $count, $block, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)
    };
    ($read:ident < $count:expr, $block:block, $($number:literal)*) => {
        const { assert!($count <= 21, "more numbers than the macro repeats the block for") };
        $({
            let $read: usize = $number;
            if $read < $count $block
        })*
    };
}

// SAFETY of the blocks below: `Product::run` has checked that every tap of every pixel and all outputs lie in their buffers,
// `channel + N <= channels` holds for every call, and the places of a tile are pixels of one row.

/// Windows that overlap in one of the usual ways, or of [`ANY`] kind; the number is the unit of the [`Overlap`].
struct Overlapping<'a, F, const C: usize, const S: usize, const D: usize>(Product<'a, F>, usize);

impl<F: Float, const C: usize, const S: usize, const D: usize> Kernel<F> for Overlapping<'_, F, C, S, D> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let Overlapping(mut product, unit) = self;
        let Output { images, columns, .. } = product.output;
        for image in 0..images {
            let mut column = 0;
            while column + 8 <= columns {
                product.strip::<L, 8, C, S, D>(image, column, unit);
                column += 8;
            }
            if column + 4 <= columns {
                product.strip::<L, 4, C, S, D>(image, column, unit);
                column += 4;
            }
            if column + 2 <= columns {
                product.strip::<L, 2, C, S, D>(image, column, unit);
                column += 2;
            }
            if column < columns {
                product.strip::<L, 1, C, S, D>(image, column, unit);
            }
        }
    }
}

impl<F: Float> Product<'_, F> {
    /// Computes `T` columns of an image.
    #[inline(always)]
    fn strip<L: Lanes<F>, const T: usize, const C: usize, const S: usize, const D: usize>(
        &mut self,
        image: usize,
        column: usize,
        unit: usize,
    ) {
        let Output { rows, channels, .. } = self.output;
        // Two vectors of channels share cache lines, and their rows read the same ones again.
        for first in (0..channels).step_by(2 * L::N) {
            for row in 0..rows {
                let places: [Place; T] = self.output.places(self.reads, [image, row], column);
                for channel in (first..channels.min(first + 2 * L::N)).step_by(L::N) {
                    if C == ANY {
                        self.tile_of_any::<L, T>(&places, channel);
                    } else {
                        self.tile::<L, T, C, S, D>(&places, channel, unit);
                    }
                }
            }
        }
    }

    /// Computes `T` neighbouring pixels for a vector of channels.
    #[inline(always)]
    fn tile<L: Lanes<F>, const T: usize, const C: usize, const S: usize, const D: usize>(
        &mut self,
        places: &[Place; T],
        channel: usize,
        unit: usize,
    ) {
        let (first, apart) = in_panel(self.taps.count(), self.output.channels, channel);
        let mut weights = self.weights.as_ptr().wrapping_add(first);
        let mut taps = self.x.as_ptr().wrapping_add(places[0].read + channel);
        let mut totals = [[L::splat(F::default())]; T];
        for _ in 0..self.taps.rows {
            // SAFETY: see above.
            let w: [L; C] = std::array::from_fn(|tap| unsafe { L::load(weights.add(tap * apart)) });
            unrolled!(read < reads::<T, C, S, D>(), {
                // SAFETY: see above.
                let x = unsafe { L::load(taps.add(read * unit)) };
                for (tap, &w) in w.iter().enumerate() {
                    if let Some(pixel) = pixel_at::<T, S, D>(read, tap) {
                        totals[pixel][0] = x.mul_add(w, totals[pixel][0]);
                    }
                }
            });
            weights = weights.wrapping_add(C * apart);
            taps = taps.wrapping_add(self.taps.down);
        }
        // SAFETY: see above.
        unsafe { self.output.finish::<L, T, 1>(channel, places, totals) };
    }

    /// The same for windows of any kind.
    #[inline(always)]
    fn tile_of_any<L: Lanes<F>, const T: usize>(&mut self, places: &[Place; T], channel: usize) {
        let (first, apart) = in_panel(self.taps.count(), self.output.channels, channel);
        let mut weights = self.weights.as_ptr().wrapping_add(first);
        let reads = places.map(|place| self.x.as_ptr().wrapping_add(place.read + channel));
        let mut totals = [[L::splat(F::default())]; T];
        for row in 0..self.taps.rows {
            for column in 0..self.taps.columns {
                let tap = row * self.taps.down + column * self.taps.across;
                // SAFETY: see above.
                let w = unsafe { L::load(weights) };
                for ([total], read) in totals.iter_mut().zip(&reads) {
                    // SAFETY: see above.
                    *total = unsafe { L::load(read.add(tap)) }.mul_add(w, *total);
                }
                weights = weights.wrapping_add(apart);
            }
        }
        // SAFETY: see above.
        unsafe { self.output.finish::<L, T, 1>(channel, places, totals) };
    }
}

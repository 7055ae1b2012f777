//! The kernel behind convolutions and their input gradients: a window of taps slides over a plane.
//!
//! ```text
//! out[p][o] = sum over window rows k, columns c and run elements r of x[p][k][c][r] * w[k][c][r][o]
//! ```
//!
//! In NHWC, the taps of one window row and all their channels are contiguous, so a 3x3 kernel is three runs of 3 * channels, a
//! 1x1 kernel is one, and the inner loop does not depend on kernel size or stride. Only if taps are apart (dilated, or with other
//! groups' channels between them) is each of them a separate run. A register tile holds 6 pixels x 2 vectors of output channels;
//! each step loads two vectors of weights and broadcasts six inputs for 12 multiply-adds. Tiles continue across the ends of rows.
//!
//! All channels of a part of the pixels follow one another before the next part. A part's inputs stay in the second-level cache,
//! and it has enough pixels, several images of them if they are small, for the weights to be worth fetching once more.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;
use super::blocks::in_panel;
use super::output::{Cursor, Output, Place};

/// Bytes of input in a part of the pixels, if that makes it as many pixels as follow.
const PART: usize = 64 * 1024;

/// Fewest pixels of a part.
const FEWEST: usize = 48;

/// Pixels of a part, except for the last of an image, come in multiples of this number, which divides into tiles of either size.
const TILES: usize = 12;

/// The part of the input that a window sees at one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows of the window.
    pub rows: usize,
    /// Runs in a row of the window.
    pub columns: usize,
    /// Numbers in one run.
    pub run: usize,
    /// Numbers from one window row to the next.
    pub down: usize,
    /// Numbers from one run to the next.
    pub across: usize,
}

impl Window {
    /// Total length of its runs.
    pub fn len(&self) -> usize {
        self.rows * self.columns * self.run
    }

    /// Numbers from the first one to just past the last.
    pub fn reach(&self) -> usize {
        self.rows.saturating_sub(1) * self.down + self.columns.saturating_sub(1) * self.across + self.run
    }
}

/// A sliding product over some images.
pub(super) struct Slide<'a, F> {
    pub window: Window,
    pub x: &'a [F],
    /// Where windows start in `x`.
    pub reads: Steps,
    /// `[window row][window column][run]` for each written channel, in panels of a [`Block`](super::blocks::Block).
    pub weights: &'a [F],
    pub output: Output<'a, F>,
}

impl<F: Float> Slide<'_, F> {
    /// Computes all outputs.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        if self.output.is_empty() {
            return;
        }
        let Output { images, rows, columns, channels, .. } = self.output;
        self.output.check();
        assert!(
            self.reads.last_of(images, rows, columns) + self.window.reach() <= self.x.len(),
            "input ends too early"
        );
        assert!(self.window.len() * channels <= self.weights.len(), "too few weights");
        dispatch(self);
    }
}

// SAFETY of the blocks below: `Slide::run` has checked that every pixel's window, output and gate lie in their buffers,
// `channel + B * N <= channels` holds for every call, and no more places are asked for than there are pixels in an image.
impl<F: Float> Kernel<F> for Slide<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let (images, pixels) = (self.output.images, self.output.pixels());
        let size = (PART / (self.reads.column * size_of::<F>()).max(1)).max(FEWEST) / TILES * TILES;
        let at_once = (size / pixels).max(1);
        for first in (0..images).step_by(at_once) {
            let images = [first, images.min(first + at_once)];
            let mut pixel = 0;
            while pixel < pixels {
                // A small rest joins the part before it.
                let end = if pixels - pixel < 2 * size { pixels } else { pixel + size };
                self.part::<L>(Part { images, pixels: [pixel, end] });
                pixel = end;
            }
        }
    }
}

/// Some pixels of some images; in both pairs, the first and the one past the last.
#[derive(Clone, Copy)]
struct Part {
    images: [usize; 2],
    pixels: [usize; 2],
}

impl<F: Float> Slide<'_, F> {
    #[inline(always)]
    fn part<L: Lanes<F>>(&mut self, part: Part) {
        let mut channel = 0;
        while channel + 2 * L::N <= self.output.channels {
            self.channel_block::<L, 6, 2>(part, channel);
            channel += 2 * L::N;
        }
        if channel < self.output.channels {
            self.channel_block::<L, 12, 1>(part, channel);
        }
    }

    #[inline(always)]
    fn channel_block<L: Lanes<F>, const T: usize, const B: usize>(&mut self, part: Part, channel: usize) {
        let [first, pixels] = part.pixels;
        for image in part.images[0]..part.images[1] {
            let mut cursor = self.output.cursor(self.reads, image, first);
            let mut done = first;
            while done + T <= pixels {
                self.tile::<L, T, B>(channel, &mut cursor);
                done += T;
            }
            while done + 4 <= pixels {
                self.tile::<L, 4, B>(channel, &mut cursor);
                done += 4;
            }
            while done < pixels {
                self.tile::<L, 1, B>(channel, &mut cursor);
                done += 1;
            }
        }
    }

    /// Computes the next `T` pixels x `B` vectors of output channels from `channel`.
    #[inline(always)]
    fn tile<L: Lanes<F>, const T: usize, const B: usize>(&mut self, channel: usize, cursor: &mut Cursor) {
        let places: [Place; T] = std::array::from_fn(|_| cursor.next());
        // SAFETY: see above.
        let reads = places.map(|place| unsafe { self.x.as_ptr().add(place.read) });
        let mut totals = [[L::splat(F::default()); B]; T];
        let (first, apart) = in_panel(self.window.len(), self.output.channels, channel);
        // SAFETY: see above.
        let mut weights = unsafe { self.weights.as_ptr().add(first) };
        for k in 0..self.window.rows {
            for c in 0..self.window.columns {
                let first = k * self.window.down + c * self.window.across;
                for r in first..first + self.window.run {
                    // SAFETY: see above.
                    let w: [L; B] = std::array::from_fn(|b| unsafe { L::load(weights.add(b * L::N)) });
                    for (total, read) in totals.iter_mut().zip(&reads) {
                        // SAFETY: see above.
                        let x = L::splat(unsafe { *read.add(r) });
                        for (total, w) in total.iter_mut().zip(w) {
                            *total = x.mul_add(w, *total);
                        }
                    }
                    weights = weights.wrapping_add(apart);
                }
            }
        }
        // SAFETY: see above.
        unsafe { self.output.finish::<L, T, B>(channel, &places, totals) };
    }
}

//! The kernels of depthwise convolutions: every channel is a separate plane, and a vector holds several channels.
//!
//! ```text
//! out[p][c]    = sum over taps t of x[p][t][c] * w[t][c]
//! by_w[t][c]  += sum over pixels p of x[p][t][c] * dz[p][c]
//! ```
//!
//! A register tile holds 6 pixels x 2 vectors of channels, or 5 taps x 2 vectors, which divides 5x5 windows; each step loads two
//! vectors and multiplies them with those that it reads directly from memory.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;
use super::blocks::in_panel;
use super::lines::Lines;
use super::output::{Cursor, Output, Place};

/// The taps of a window, `rows` x `columns` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taps {
    pub rows: usize,
    pub columns: usize,
    /// Numbers from one row of taps to the next.
    pub down: usize,
    /// Numbers from one tap to the next.
    pub across: usize,
}

impl Taps {
    pub fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// Numbers from the first tap to the last.
    fn reach(&self) -> usize {
        self.rows.saturating_sub(1) * self.down + self.columns.saturating_sub(1) * self.across
    }

    /// Distance of tap number `t` from the first.
    #[inline(always)]
    fn at(&self, t: usize) -> usize {
        t / self.columns * self.down + t % self.columns * self.across
    }
}

/// A depthwise convolution of some images.
pub(super) struct Depthwise<'a, F> {
    pub taps: Taps,
    pub x: &'a [F],
    /// Where windows start in `x`.
    pub reads: Steps,
    /// One for each tap and channel, in panels of a [`Block`](super::blocks::Block).
    pub weights: &'a [F],
    pub output: Output<'a, F>,
}

impl<F: Float> Depthwise<'_, F> {
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
        let end = self.reads.last_of(images, rows, columns) + self.taps.reach() + channels;
        assert!(self.taps.count() == 0 || end <= self.x.len(), "input ends too early");
        assert!(self.taps.count() * channels <= self.weights.len(), "too few weights");
        dispatch(self);
    }
}

// SAFETY of the blocks below: `Depthwise::run` has checked that every tap of every pixel and all outputs lie in their buffers,
// `channel + B * N <= channels` holds for every call, and no more places are asked for than there are pixels.
impl<F: Float> Kernel<F> for Depthwise<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        for image in 0..self.output.images {
            let mut channel = 0;
            while channel + 2 * L::N <= self.output.channels {
                self.channel_block::<L, 6, 2>(image, channel);
                channel += 2 * L::N;
            }
            if channel < self.output.channels {
                self.channel_block::<L, 8, 1>(image, channel);
            }
        }
    }
}

impl<F: Float> Depthwise<'_, F> {
    #[inline(always)]
    fn channel_block<L: Lanes<F>, const T: usize, const B: usize>(&mut self, image: usize, channel: usize) {
        let pixels = self.output.pixels();
        let mut cursor = self.output.cursor(self.reads, image, 0);
        let mut done = 0;
        while done + T <= pixels {
            self.tile::<L, T, B>(channel, &mut cursor);
            done += T;
        }
        while done < pixels {
            self.tile::<L, 1, B>(channel, &mut cursor);
            done += 1;
        }
    }

    /// Computes the next `T` pixels x `B` vectors of channels from `channel`.
    #[inline(always)]
    fn tile<L: Lanes<F>, const T: usize, const B: usize>(&mut self, channel: usize, cursor: &mut Cursor) {
        let places: [Place; T] = std::array::from_fn(|_| cursor.next());
        let reads = places.map(|place| self.x.as_ptr().wrapping_add(place.read + channel));
        let mut totals = [[L::splat(F::default()); B]; T];
        let (first, apart) = in_panel(self.taps.count(), self.output.channels, channel);
        let mut weights = self.weights.as_ptr().wrapping_add(first);
        for k in 0..self.taps.rows {
            for c in 0..self.taps.columns {
                let tap = k * self.taps.down + c * self.taps.across;
                // SAFETY: see above.
                let w: [L; B] = std::array::from_fn(|b| unsafe { L::load(weights.add(b * L::N)) });
                for (total, read) in totals.iter_mut().zip(&reads) {
                    for (b, (total, w)) in total.iter_mut().zip(w).enumerate() {
                        // SAFETY: see above.
                        let x = unsafe { L::load(read.add(tap + b * L::N)) };
                        *total = x.mul_add(w, *total);
                    }
                }
                weights = weights.wrapping_add(apart);
            }
        }
        // SAFETY: see above.
        unsafe { self.output.finish::<L, T, B>(channel, &places, totals) };
    }
}

/// Some images' share of a depthwise convolution's weight gradient.
pub(super) struct DepthwiseGather<'a, F> {
    pub images: usize,
    pub rows: usize,
    pub columns: usize,
    /// A multiple of 8.
    pub channels: usize,
    pub taps: Taps,
    pub x: &'a [F],
    /// Where windows start in `x`.
    pub reads: Steps,
    pub gradient: &'a [F],
    /// Where pixels start in `gradient`.
    pub gradients: Steps,
    /// Like the weights, added to.
    pub out: &'a mut [F],
}

impl<F: Float> DepthwiseGather<'_, F> {
    /// Adds the images' share.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        let (images, rows, columns, channels) = (self.images, self.rows, self.columns, self.channels);
        if [images, rows, columns, channels, self.taps.count()].contains(&0) {
            return;
        }
        assert_eq!(channels % 8, 0, "channels come in eights");
        let end = self.reads.last_of(images, rows, columns) + self.taps.reach() + channels;
        assert!(end <= self.x.len(), "input ends too early");
        assert!(
            self.gradients.last_of(images, rows, columns) + channels <= self.gradient.len(),
            "gradient ends too early"
        );
        assert!(self.taps.count() * channels <= self.out.len(), "too few weights");
        dispatch(self);
    }
}

// SAFETY of the blocks below: `DepthwiseGather::run` has checked that every tap and gradient of every pixel and all outputs lie
// in their buffers; `tap + R <= taps` and `channel + B * N <= channels` hold for every call.
impl<F: Float> Kernel<F> for DepthwiseGather<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let size = [self.images, self.rows, self.columns];
        let lines = Lines::new(size, [self.reads, self.gradients], size_of::<F>());
        for band in lines.bands() {
            let mut channel = 0;
            while channel + 2 * L::N <= self.channels {
                self.taps_of::<L, 2>((&lines, band), channel);
                channel += 2 * L::N;
            }
            if channel < self.channels {
                self.taps_of::<L, 1>((&lines, band), channel);
            }
        }
    }
}

impl<F: Float> DepthwiseGather<'_, F> {
    #[inline(always)]
    fn taps_of<L: Lanes<F>, const B: usize>(&mut self, band: (&Lines, [usize; 2]), channel: usize) {
        let mut tap = 0;
        while tap + 5 <= self.taps.count() {
            self.tile::<L, 5, B>(band, tap, channel);
            tap += 5;
        }
        while tap + 4 <= self.taps.count() {
            self.tile::<L, 4, B>(band, tap, channel);
            tap += 4;
        }
        while tap < self.taps.count() {
            self.tile::<L, 1, B>(band, tap, channel);
            tap += 1;
        }
    }

    /// Computes `R` taps from `tap` x `B` vectors of channels, over a band of lines.
    #[inline(always)]
    fn tile<L: Lanes<F>, const R: usize, const B: usize>(
        &mut self,
        (lines, band): (&Lines, [usize; 2]),
        tap: usize,
        channel: usize,
    ) {
        let offsets: [usize; R] = std::array::from_fn(|i| self.taps.at(tap + i));
        let mut totals = [[L::splat(F::default()); B]; R];
        lines.each(band, |line| {
            let mut x = self.x.as_ptr().wrapping_add(line.x + channel);
            let mut g = self.gradient.as_ptr().wrapping_add(line.gradient + channel);
            for _ in 0..line.pixels {
                // SAFETY: see above.
                let d: [L; B] = std::array::from_fn(|b| unsafe { L::load(g.add(b * L::N)) });
                for (total, offset) in totals.iter_mut().zip(offsets) {
                    for (b, (total, d)) in total.iter_mut().zip(d).enumerate() {
                        // SAFETY: see above.
                        let x = unsafe { L::load(x.add(offset + b * L::N)) };
                        *total = x.mul_add(d, *total);
                    }
                }
                x = x.wrapping_add(self.reads.column);
                g = g.wrapping_add(self.gradients.column);
            }
        });
        let (first, apart) = in_panel(self.taps.count(), self.channels, channel);
        for (i, total) in totals.iter().enumerate() {
            for (b, &total) in total.iter().enumerate() {
                // SAFETY: see above.
                unsafe {
                    let to = self.out.as_mut_ptr().add(first + (tap + i) * apart + b * L::N);
                    L::load(to).add(total).store(to);
                }
            }
        }
    }
}

//! The weight gradient of a depthwise convolution.
//!
//! A register tile holds 5 taps x 2 vectors of channels, which divides 5x5 windows; each step loads two vectors and multiplies them with
//! those that it reads directly from memory.

use super::super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::super::layout::Steps;
use super::super::blocks::in_panel;
use super::super::lines::Lines;
use super::Taps;

/// Some images' share of a depthwise convolution's weight gradient.
pub(in super::super) struct WeightGradient<'a, F> {
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

impl<F: Float> WeightGradient<'_, F> {
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

// SAFETY of the blocks below: `WeightGradient::run` has checked that every tap and gradient of every pixel and all outputs lie
// in their buffers; `tap + R <= taps` and `channel + B * N <= channels` hold for every call.
impl<F: Float> Kernel<F> for WeightGradient<'_, F> {
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

impl<F: Float> WeightGradient<'_, F> {
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
        for line in lines.of(band) {
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
        }
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

//! The kernel of weight gradients: the sliding product with the pixels as the reduction.
//!
//! ```text
//! out[k][c][r][o] += sum over pixels p of x[p][k][c][r] * dz[p][o]
//! ```
//!
//! A register tile holds 6 elements of a window's run x 2 vectors of output channels. It walks over a band of pixels that stays in
//! the cache until all tiles have passed over it. If the run is long, what the tiles read of the band is copied to one place, some
//! elements at a time: pixels far apart would need too many pages and too much of the same part of the cache.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::Steps;
use super::blocks::in_panel;
use super::lines::Lines;
use super::sliding::Window;

/// Elements of a long run that take part before the next ones: their sums for all channels should stay in the second-level cache.
const ELEMENTS: usize = 128;

/// Numbers between the pixels of a copy, so that their distance is no power of two: they would share a part of the cache.
const GAP: usize = 16;

/// Fewest output channels for which copying pays.
const FEWEST_CHANNELS: usize = 64;

/// Some images' share of a weight gradient.
pub(super) struct Gather<'a, F> {
    pub images: usize,
    pub rows: usize,
    pub columns: usize,
    /// Output channels, a multiple of 8.
    pub channels: usize,
    pub window: Window,
    /// The elements of each run that take part: from the first to the one past the last.
    pub elements: [usize; 2],
    pub x: &'a [F],
    /// Where windows start in `x`, or rather their first elements that take part.
    pub reads: Steps,
    pub gradient: &'a [F],
    /// Where pixels start in `gradient`.
    pub gradients: Steps,
    /// Added to: `[window row][window column][run]` for each written channel, in panels of a [`Block`](super::blocks::Block).
    pub out: &'a mut [F],
}

impl<F: Float> Gather<'_, F> {
    /// Adds the images' share.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        let (images, rows, columns, channels) = (self.images, self.rows, self.columns, self.channels);
        if [images, rows, columns, channels].contains(&0) {
            return;
        }
        assert_eq!(channels % 8, 0, "channels come in eights");
        let [first, end] = self.elements;
        assert!(first <= end && end <= self.window.run, "elements beyond the window");
        let reach = Window { run: end - first, ..self.window }.reach();
        assert!(self.reads.last_of(images, rows, columns) + reach <= self.x.len(), "input ends too early");
        let last = self.gradients.last_of(images, rows, columns);
        assert!(last + channels <= self.gradient.len(), "gradient ends too early");
        assert!(self.window.len() * channels <= self.out.len(), "too few weights");
        let is_long = self.window.rows * self.window.columns == 1 && end - first > ELEMENTS;
        if is_long && channels >= FEWEST_CHANNELS { self.run_copied() } else { dispatch(self) }
    }

    fn lines(&self) -> Lines {
        let size = [self.images, self.rows, self.columns];
        Lines::new(size, [self.reads, self.gradients], size_of::<F>())
    }

    /// Adds the share of some elements after the other, from copies of them and of the gradient.
    fn run_copied(self) {
        let lines = self.lines();
        let (of_x, of_gradient) = (ELEMENTS + GAP, self.channels + GAP);
        let mut x = vec![F::default(); lines.most() * of_x];
        let mut gradient = vec![F::default(); lines.most() * of_gradient];
        let [begin, end] = self.elements;
        for first in (begin..end).step_by(ELEMENTS) {
            let elements = [first, end.min(first + ELEMENTS)];
            for band in lines.bands() {
                let mut to = x.chunks_exact_mut(of_x).zip(gradient.chunks_exact_mut(of_gradient));
                let mut pixels = 0;
                for line in lines.of(band) {
                    for (pixel, (x, gradient)) in (0..line.pixels).zip(&mut to) {
                        let from = line.x + pixel * self.reads.column + first - begin;
                        let len = elements[1] - elements[0];
                        x[..len].copy_from_slice(&self.x[from..from + len]);
                        let from = line.gradient + pixel * self.gradients.column;
                        gradient[..self.channels].copy_from_slice(&self.gradient[from..from + self.channels]);
                    }
                    pixels += line.pixels;
                }
                let row = |column: usize| Steps { start: 0, image: pixels * column, row: pixels * column, column };
                let copied = Gather {
                    images: 1,
                    rows: 1,
                    columns: pixels,
                    channels: self.channels,
                    window: self.window,
                    elements,
                    x: &x,
                    reads: row(of_x),
                    gradient: &gradient,
                    gradients: row(of_gradient),
                    out: &mut *self.out,
                };
                copied.run();
            }
        }
    }
}

// SAFETY of the blocks below: `Gather::run` has checked that every pixel's window and gradient and all outputs lie in
// their buffers; `element + R` stays within the elements that take part and `channel + B * N <= channels` holds for every call.
impl<F: Float> Kernel<F> for Gather<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let lines = self.lines();
        for band in lines.bands() {
            for run in 0..self.window.rows * self.window.columns {
                let mut channel = 0;
                while channel + 2 * L::N <= self.channels {
                    self.run_of::<L, 6, 2>((&lines, band), run, channel);
                    channel += 2 * L::N;
                }
                if channel < self.channels {
                    self.run_of::<L, 12, 1>((&lines, band), run, channel);
                }
            }
        }
    }
}

impl<F: Float> Gather<'_, F> {
    #[inline(always)]
    fn run_of<L: Lanes<F>, const R: usize, const B: usize>(
        &mut self,
        band: (&Lines, [usize; 2]),
        run: usize,
        channel: usize,
    ) {
        let [mut element, end] = self.elements;
        while element + R <= end {
            self.tile::<L, R, B>(band, run, element, channel);
            element += R;
        }
        while element + 4 <= end {
            self.tile::<L, 4, B>(band, run, element, channel);
            element += 4;
        }
        while element < end {
            self.tile::<L, 1, B>(band, run, element, channel);
            element += 1;
        }
    }

    /// Computes `R` elements of a run of the window x `B` vectors of output channels, over a band of lines.
    #[inline(always)]
    fn tile<L: Lanes<F>, const R: usize, const B: usize>(
        &mut self,
        (lines, band): (&Lines, [usize; 2]),
        run: usize,
        element: usize,
        channel: usize,
    ) {
        let start = run / self.window.columns * self.window.down + run % self.window.columns * self.window.across;
        let first_element = start + element - self.elements[0];
        let mut totals = [[L::splat(F::default()); B]; R];
        for line in lines.of(band) {
            // SAFETY: see above.
            let (mut x, mut g) = unsafe {
                let (x, g) = (line.x + first_element, line.gradient + channel);
                (self.x.as_ptr().add(x), self.gradient.as_ptr().add(g))
            };
            for _ in 0..line.pixels {
                // SAFETY: see above.
                let d: [L; B] = std::array::from_fn(|b| unsafe { L::load(g.add(b * L::N)) });
                for (i, total) in totals.iter_mut().enumerate() {
                    // SAFETY: see above.
                    let x = L::splat(unsafe { *x.add(i) });
                    for (total, d) in total.iter_mut().zip(d) {
                        *total = x.mul_add(d, *total);
                    }
                }
                x = x.wrapping_add(self.reads.column);
                g = g.wrapping_add(self.gradients.column);
            }
        }
        let (first, apart) = in_panel(self.window.len(), self.channels, channel);
        let at = first + (run * self.window.run + element) * apart;
        for (i, total) in totals.iter().enumerate() {
            for (b, &total) in total.iter().enumerate() {
                // SAFETY: see above.
                unsafe {
                    let to = self.out.as_mut_ptr().add(at + i * apart + b * L::N);
                    L::load(to).add(total).store(to);
                }
            }
        }
    }
}

//! The kernel of weight gradients: the sliding product with the pixels as the reduction.
//!
//! ```text
//! out[k][c][r][o] += sum over pixels p of x[p][k][c][r] * dz[p][o]
//! ```
//!
//! A register tile holds 6 elements of a window's run x 2 vectors of output channels. It walks over a band of pixels that stays in
//! the cache until all tiles have passed over it. If pixels have many numbers, what the tiles read of the band is copied to one place:
//! far apart, pixels would need too many pages and too much of the same part of the cache.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::super::layout::{Steps, odd_lines};
use super::blocks::{PANEL, in_panel};
use super::lines::Lines;
use super::sliding::Window;

/// Elements of a run that are copied together.
const ELEMENTS: usize = 256;

/// Copying pays if the run or the channels are at least as many as the first number, and the others at least as many as the second.
const WORTH_COPYING: [usize; 2] = [128, 32];

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
    /// Numbers from a panel of channels of a pixel in `gradient` to the next panel.
    pub panels: usize,
    /// Added to: `[window row][window column][run]` for each written channel, in panels of a [`Block`](super::blocks::Block).
    pub out: &'a mut [F],
}

impl<F: Float> Gather<'_, F> {
    /// Adds the images' share.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        if [self.images, self.rows, self.columns, self.channels].contains(&0) {
            return;
        }
        self.check();
        let (elements, channels) = (self.elements[1] - self.elements[0], self.channels);
        let is_large = elements.max(channels) >= WORTH_COPYING[0] && elements.min(channels) >= WORTH_COPYING[1];
        if self.window.rows * self.window.columns == 1 && is_large { self.run_copied() } else { dispatch(self) }
    }

    /// # Panics
    /// If a buffer is too short for its steps.
    fn check(&self) {
        let (images, rows, columns, channels) = (self.images, self.rows, self.columns, self.channels);
        assert_eq!(channels % 8, 0, "channels come in eights");
        let [first, end] = self.elements;
        assert!(first <= end && end <= self.window.run, "elements beyond the window");
        let reach = Window { run: end - first, ..self.window }.reach();
        assert!(self.reads.last_of(images, rows, columns) + reach <= self.x.len(), "input ends too early");
        let last = self.gradients.last_of(images, rows, columns);
        assert!(last + self.channel(channels - 1) < self.gradient.len(), "gradient ends too early");
        assert!(self.window.len() * channels <= self.out.len(), "too few weights");
    }

    /// Where a channel of a pixel lies in `gradient`.
    #[inline(always)]
    fn channel(&self, channel: usize) -> usize {
        channel / PANEL * self.panels + channel % PANEL
    }

    fn lines(&self) -> Lines {
        let size = [self.images, self.rows, self.columns];
        Lines::new(size, [self.reads, self.gradients], size_of::<F>())
    }

    /// Adds the share of one band after the other, from copies of the gradient and of some elements at a time.
    fn run_copied(self) {
        let lines = self.lines();
        let [begin, end] = self.elements;
        let of_x = odd_lines::<F>(ELEMENTS.min(end - begin));
        let panels = lines.most() * PANEL;
        let mut x = vec![F::default(); lines.most() * of_x];
        let mut gradient = vec![F::default(); self.channels.div_ceil(PANEL) * panels];
        for band in lines.bands() {
            let pixels = self.copy_gradient((&lines, band), &mut gradient, panels);
            let steps = |column: usize| Steps { start: 0, image: pixels * column, row: pixels * column, column };
            for first in (begin..end).step_by(ELEMENTS) {
                let elements = [first, end.min(first + ELEMENTS)];
                self.copy_elements((&lines, band), elements, &mut x, of_x);
                let copied = Gather {
                    images: 1,
                    rows: 1,
                    columns: pixels,
                    channels: self.channels,
                    window: self.window,
                    elements,
                    x: &x,
                    reads: steps(of_x),
                    gradient: &gradient,
                    gradients: steps(PANEL),
                    panels,
                    out: &mut *self.out,
                };
                copied.check();
                dispatch(copied);
            }
        }
    }

    /// Copies a band of the gradient, one panel of channels after the other, and returns how many pixels it has. An iterator over the pixels,
    /// which this and `copy_elements` could share, makes the whole kernel up to a fifth slower.
    fn copy_gradient(&self, (lines, band): (&Lines, [usize; 2]), to: &mut [F], panels: usize) -> usize {
        let mut pixels = 0;
        for line in lines.of(band) {
            let starts = (0..line.pixels).map(|pixel| line.gradient + pixel * self.gradients.column);
            for start in starts {
                let from = self.gradient[start..start + self.channels].chunks(PANEL);
                for (to, from) in to.chunks_exact_mut(panels).zip(from) {
                    to[pixels * PANEL..][..from.len()].copy_from_slice(from);
                }
                pixels += 1;
            }
        }
        pixels
    }

    /// Copies these elements of a band, with `apart` numbers from one pixel to the next.
    fn copy_elements(&self, (lines, band): (&Lines, [usize; 2]), [first, end]: [usize; 2], to: &mut [F], apart: usize) {
        let mut to = to.chunks_exact_mut(apart);
        for line in lines.of(band) {
            let start = line.x + first - self.elements[0];
            for (pixel, to) in (0..line.pixels).zip(&mut to) {
                let from = start + pixel * self.reads.column;
                to[..end - first].copy_from_slice(&self.x[from..from + end - first]);
            }
        }
    }
}

// SAFETY of the blocks below: `Gather::check` has passed, so every pixel's window and gradient and all outputs lie in their
// buffers; `element + R` stays within the elements that take part and `channel + B * N <= channels` holds for every call.
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
        // Fewer elements than 4 in a tile leave the multipliers idle, so that two tiles of 4 are better than one of 6 and a rest of 2.
        while element + R <= end && !(R == 6 && end - element == 8) {
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
                let (x, g) = (line.x + first_element, line.gradient + self.channel(channel));
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

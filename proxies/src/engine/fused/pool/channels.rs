//! The global average, and channels copied from one plane to another.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::{Gradient, Image, ImageMut};
use crate::engine::walk::Channels;

/// y = mean of x over all pixels.
pub(in super::super) struct GlobalForward<'a, F> {
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
}

impl<F: Float> GlobalForward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for GlobalForward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let layout = self.x.layout;
        let share = F::from_f64(1.0 / (layout.height * layout.width) as f64);
        let y = self.y.row(0);
        y.fill(F::default());
        for row in 0..layout.height {
            for x in self.x.row(row).chunks_exact(layout.channels) {
                y.iter_mut().zip(x).for_each(|(y, &x)| *y += x);
            }
        }
        y.iter_mut().for_each(|y| *y = *y * share);
    }
}

/// Adds the gradient of the global average with respect to x to `by_x`.
pub(in super::super) struct GlobalBackward<'a, F> {
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    /// Scratch for a row of x.
    pub row: &'a mut [F],
}

impl<F: Float> GlobalBackward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for GlobalBackward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let layout = self.by_x.to.layout;
        let share = F::from_f64(1.0 / (layout.height * layout.width) as f64);
        let shares = &mut self.row[..layout.row_len()];
        for to in shares.chunks_exact_mut(layout.channels) {
            to.iter_mut().zip(self.by_y.row(0)).for_each(|(to, &g)| *to = g * share);
        }
        for row in 0..layout.height {
            self.by_x.add(row, 0, shares);
        }
    }
}

/// Copies some channels of every pixel of x to y.
pub(in super::super) struct CopyChannels<'a, F> {
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
    pub part: Channels,
}

impl<F: Float> CopyChannels<'_, F> {
    /// Copies the image. Panics if the images do not fit their layouts.
    pub fn run(mut self) {
        let Channels { from, to, step, count, .. } = self.part;
        let [of_x, of_y] = [self.x.layout.channels, self.y.layout.channels];
        for row in 0..self.x.layout.height {
            for (y, x) in self.y.row(row).chunks_exact_mut(of_y).zip(self.x.row(row).chunks_exact(of_x)) {
                let x = &x[from..][..count];
                match step {
                    1 => y[to..][..count].copy_from_slice(x),
                    _ => y[to..].iter_mut().step_by(step).zip(x).for_each(|(y, &x)| *y = x),
                }
            }
        }
    }
}

/// Adds the gradient of [`CopyChannels`] with respect to x to `by_x`.
pub(in super::super) struct ReturnChannels<'a, F> {
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    pub part: Channels,
    /// Scratch for a pixel of x.
    pub row: &'a mut [F],
}

impl<F: Float> ReturnChannels<'_, F> {
    /// Adds the image. Panics if the images do not fit their layouts.
    pub fn run(mut self) {
        let Channels { from, to, step, count, .. } = self.part;
        let [of_x, of_y] = [self.by_x.to.layout.channels, self.by_y.layout.channels];
        for row in 0..self.by_y.layout.height {
            for (pixel, g) in self.by_y.row(row).chunks_exact(of_y).enumerate() {
                let at = pixel * of_x + from;
                if step == 1 {
                    self.by_x.add(row, at, &g[to..][..count]);
                    continue;
                }
                let together = &mut self.row[..count];
                together.iter_mut().zip(g[to..].iter().step_by(step)).for_each(|(to, &g)| *to = g);
                self.by_x.add(row, at, together);
            }
        }
    }
}

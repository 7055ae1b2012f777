//! Average pools. Unless the padding counts, the mean at the edge is over fewer pixels. Windows are summed row by row first, then
//! across.

use super::super::lanes::{Float, Kernel, Lanes, dispatch};
use super::{Gradient, Image, ImageMut, Windows};

/// y = means of x over windows.
pub(in super::super) struct AverageForward<'a, F> {
    pub windows: Windows,
    pub x: Image<'a, F>,
    pub y: ImageMut<'a, F>,
    /// Scratch for a row of x.
    pub row: &'a mut [F],
}

impl<F: Float> AverageForward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for AverageForward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let (height, width, channels) = (self.x.layout.height, self.x.layout.width, self.x.layout.channels);
        let sums = &mut self.row[..width * channels];
        for i in 0..self.y.layout.height {
            let rows = self.windows.rows(i, height);
            match rows.len() {
                3 => {
                    let [a, b, c] = [0, 1, 2].map(|r| self.x.row(rows.start + r));
                    for (((sum, &a), &b), &c) in sums.iter_mut().zip(a).zip(b).zip(c) {
                        *sum = a + b + c;
                    }
                }
                _ => {
                    sums.copy_from_slice(self.x.row(rows.start));
                    for row in rows.start + 1..rows.end {
                        sums.iter_mut().zip(self.x.row(row)).for_each(|(sum, &x)| *sum += x);
                    }
                }
            }
            for (j, y) in self.y.row(i).chunks_exact_mut(channels).enumerate() {
                let columns = self.windows.columns(j, width);
                let share: F = self.windows.share([i, j], [rows.len(), columns.len()], [height, width]);
                let column = |j: usize| &sums[j * channels..(j + 1) * channels];
                if columns.len() == 3 {
                    let [a, b, c] = [0, 1, 2].map(|j| column(columns.start + j));
                    for (((y, &a), &b), &c) in y.iter_mut().zip(a).zip(b).zip(c) {
                        *y = (a + b + c) * share;
                    }
                } else {
                    y.copy_from_slice(column(columns.start));
                    for j in columns.start + 1..columns.end {
                        y.iter_mut().zip(column(j)).for_each(|(y, &sum)| *y += sum);
                    }
                    y.iter_mut().for_each(|y| *y = *y * share);
                }
            }
        }
    }
}

/// Adds the gradient with respect to x to `by_x`.
pub(in super::super) struct AverageBackward<'a, F> {
    pub windows: Windows,
    pub by_y: Image<'a, F>,
    pub by_x: Gradient<'a, F>,
    /// Scratch for a row of x.
    pub row: &'a mut [F],
}

impl<F: Float> AverageBackward<'_, F> {
    /// Computes the image. Panics if the images do not fit their layouts.
    pub fn run(self) {
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for AverageBackward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(mut self) {
        let layout = self.by_x.to.layout;
        let channels = layout.channels;
        let shares = &mut self.row[..layout.width * channels];
        for i in 0..self.by_y.layout.height {
            let rows = self.windows.rows(i, layout.height);
            shares.fill(F::default());
            for (j, g) in self.by_y.row(i).chunks_exact(channels).enumerate() {
                let columns = self.windows.columns(j, layout.width);
                let sides = [layout.height, layout.width];
                let share: F = self.windows.share([i, j], [rows.len(), columns.len()], sides);
                for column in columns {
                    let to = &mut shares[column * channels..(column + 1) * channels];
                    to.iter_mut().zip(g).for_each(|(to, &g)| *to += g * share);
                }
            }
            for row in rows {
                self.by_x.add(row, 0, shares);
            }
        }
    }
}

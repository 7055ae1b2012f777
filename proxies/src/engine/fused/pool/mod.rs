//! Pools, products, layer norms and rearrangements of channels, one image at a time.
//!
//! These are plain loops over rows of channels, written as kernels so that they are compiled for the machine's instructions.

mod average;
mod channel_norm;
mod channels;
mod max;
mod place;
mod product;

pub(super) use average::{AverageBackward, AverageForward};
pub(super) use channel_norm::{ChannelNorm, ChannelNormBackward, ChannelNormForward, ChannelNormSums};
pub(super) use channels::{CopyChannels, GlobalBackward, GlobalForward, ReturnChannels};
pub(super) use max::{MaxBackward, MaxForward, MaxTangent};
pub(super) use place::{Crop, Flatten, Uncrop, Unflatten};
pub(super) use product::{ProductBackward, ProductForward};

use super::lanes::Float;
use super::layout::Layout;
use crate::network::Line;
use std::ops::Range;

/// One image of a plane, to be read.
#[derive(Clone, Copy)]
pub(super) struct Image<'a, F> {
    pub numbers: &'a [F],
    pub layout: Layout,
}

impl<'a, F> Image<'a, F> {
    /// A row of pixels, without the border.
    #[inline(always)]
    fn row(&self, row: usize) -> &'a [F] {
        &self.numbers[self.layout.row_at(row)..][..self.layout.row_len()]
    }
}

/// One image of a plane, to be written.
pub(super) struct ImageMut<'a, F> {
    pub numbers: &'a mut [F],
    pub layout: Layout,
}

impl<F> ImageMut<'_, F> {
    #[inline(always)]
    fn row(&mut self, row: usize) -> &mut [F] {
        let start = self.layout.row_at(row);
        &mut self.numbers[start..][..self.layout.row_len()]
    }
}

/// One image of a gradient, to be added to where the gate, if any, is positive.
pub(super) struct Gradient<'a, F> {
    pub to: ImageMut<'a, F>,
    pub gate: Option<Image<'a, F>>,
}

impl<F: Float> Gradient<'_, F> {
    /// Adds to a run within a row of pixels, from number `at` on.
    #[inline(always)]
    fn add(&mut self, row: usize, at: usize, values: &[F]) {
        let to = &mut self.to.row(row)[at..][..values.len()];
        match &self.gate {
            None => to.iter_mut().zip(values).for_each(|(to, &value)| *to += value),
            Some(gate) => {
                let gate = &gate.row(row)[at..][..values.len()];
                for ((to, &value), &gate) in to.iter_mut().zip(values).zip(gate) {
                    *to += if gate > F::default() { value } else { F::default() };
                }
            }
        }
    }
}

/// A pool's windows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    /// Down the rows and across the columns.
    pub lines: [Line; 2],
    /// Whether a mean counts the padding.
    pub padding_counts: bool,
}

impl Windows {
    /// The rows that output row `i` sees in an image of `height` rows.
    #[inline(always)]
    fn rows(&self, i: usize, height: usize) -> Range<usize> {
        span(self.lines[0], i, height)
    }

    /// The columns that output column `j` sees in an image of `width` columns.
    #[inline(always)]
    fn columns(&self, j: usize, width: usize) -> Range<usize> {
        span(self.lines[1], j, width)
    }

    /// The weight of a pixel in the mean over `rows` and `columns`, which are those of output row `i` and column `j`.
    #[inline(always)]
    fn share<F: Float>(&self, [i, j]: [usize; 2], [rows, columns]: [usize; 2], [height, width]: [usize; 2]) -> F {
        let counted = if self.padding_counts {
            counted(self.lines[0], i, height) * counted(self.lines[1], j, width)
        } else {
            rows * columns
        };
        F::from_f64(1.0 / counted as f64)
    }
}

/// The rows (or columns) of `side` that window `i` sees.
#[inline(always)]
fn span(line: Line, i: usize, side: usize) -> Range<usize> {
    let (start, padding) = (i * line.stride, line.padding[0]);
    start.saturating_sub(padding)..(start + line.kernel).saturating_sub(padding).min(side)
}

/// Number of rows (or columns) of window `i` that lie within `side` of them or the padding.
#[inline(always)]
fn counted(line: Line, i: usize, side: usize) -> usize {
    let start = i * line.stride;
    (start + line.kernel).min(side + line.padding[0] + line.padding[1]) - start
}

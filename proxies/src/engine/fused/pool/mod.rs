//! Pools and the rearrangement of channels, an image at a time.
//!
//! Plain loops over rows of channels; they are Kernels so that they are compiled for the machine's instructions.

mod average;
mod channels;
mod max;

pub(super) use average::{AverageBackward, AverageForward};
pub(super) use channels::{CopyChannels, GlobalBackward, GlobalForward, ReturnChannels};
pub(super) use max::{MaxBackward, MaxForward, MaxTangent};

use super::lanes::Float;
use super::layout::Layout;
use crate::engine::plain::Pool;
use std::ops::Range;

/// One image of a plane.
#[derive(Clone, Copy)]
pub(super) struct Image<'a, F> {
    pub numbers: &'a [F],
    pub layout: Layout,
}

impl<'a, F> Image<'a, F> {
    /// A row of pixels, border aside.
    #[inline(always)]
    fn row(&self, row: usize) -> &'a [F] {
        &self.numbers[self.layout.row_at(row)..][..self.layout.row_len()]
    }
}

/// One image that is written.
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

/// One image of a gradient that is added to, where the gate, if any, is positive.
pub(super) struct Gradient<'a, F> {
    pub to: ImageMut<'a, F>,
    pub gate: Option<Image<'a, F>>,
}

impl<F: Float> Gradient<'_, F> {
    /// Adds to a run of a row of pixels, from number `at` on.
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
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl From<&Pool> for Windows {
    fn from(pool: &Pool) -> Self {
        Windows { kernel: pool.kernel, stride: pool.stride, padding: pool.padding }
    }
}

impl Windows {
    /// The rows (or columns) of `side` that output row `i` sees.
    #[inline(always)]
    fn span(&self, i: usize, side: usize) -> Range<usize> {
        let start = i * self.stride;
        start.saturating_sub(self.padding)..(start + self.kernel).saturating_sub(self.padding).min(side)
    }
}

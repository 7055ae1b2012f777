//! Sums over pixels of the products of any two channels, from which covariances are computed.
//!
//! Pixels are packed, one block at a time, into panels of few channels, and each pair of panels is multiplied in registers, as in
//! a matrix product. Sums within a block are in the requested precision, sums over blocks in f64. Products of a view with itself
//! take half the work.

use super::lanes::{Float, Kernel, Lanes, dispatch};
use crate::engine::{Precision, Values, View};

/// Number of pixels in a block.
const BLOCK: usize = 256;

/// Channels of x in a panel; a panel of y has two vectors of them.
const ROWS: usize = 4;

/// `[x's channels][y's channels]`: sums over all images and pixels of x * y. Panics if the views differ in images or sides.
pub(in super::super) fn cross(precision: Precision, x: &View<'_>, y: &View<'_>) -> Vec<f64> {
    let pixels = |view: &View<'_>| (view.images(), view.shape().height, view.shape().width);
    assert_eq!(pixels(x), pixels(y), "views of the same pixels");
    run(precision, x, y, &[], false)
}

/// `[channels][channels]`: sums over all images and pixels of (x - shift) * (x - shift); an empty shift stands for zeros.
pub(in super::super) fn square(precision: Precision, x: &View<'_>, shift: &[f64]) -> Vec<f64> {
    run(precision, x, x, shift, true)
}

fn run(precision: Precision, x: &View<'_>, y: &View<'_>, shift: &[f64], symmetric: bool) -> Vec<f64> {
    let mut sums = vec![0.0; x.shape().channels * y.shape().channels];
    match precision {
        Precision::F32 => dispatch(Products::<f32> { x, y, shift: &rounded(x, shift), symmetric, sums: &mut sums }),
        Precision::F64 => dispatch(Products::<f64> { x, y, shift: &rounded(x, shift), symmetric, sums: &mut sums }),
    }
    sums
}

fn rounded<A: Float>(x: &View<'_>, shift: &[f64]) -> Vec<A> {
    let mut rounded: Vec<A> = shift.iter().map(|&shift| A::from_f64(shift)).collect();
    rounded.resize(x.shape().channels, A::default());
    rounded
}

struct Products<'a, A> {
    x: &'a View<'a>,
    y: &'a View<'a>,
    shift: &'a [A],
    /// Whether y is x, with the same shift.
    symmetric: bool,
    sums: &'a mut [f64],
}

impl<A: Float> Kernel<A> for Products<'_, A> {
    #[inline(always)]
    fn run<L: Lanes<A>>(self) {
        let (rows, columns) = (self.x.shape().channels, self.y.shape().channels);
        let panel = 2 * L::N;
        let zeros = vec![A::default(); columns];
        let of_y = if self.symmetric { self.shift } else { zeros.as_slice() };
        // Numbers past the last channel stay zero.
        let mut xs = vec![A::default(); rows.next_multiple_of(ROWS) * BLOCK];
        let mut ys = vec![A::default(); columns.next_multiple_of(panel) * BLOCK];
        let mut tile = vec![A::default(); ROWS * panel];
        let pixels = self.x.images() * self.x.shape().area();
        for first in (0..pixels).step_by(BLOCK) {
            let count = BLOCK.min(pixels - first);
            pack(self.x, first, count, self.shift, ROWS, &mut xs);
            pack(self.y, first, count, of_y, panel, &mut ys);
            for (row, x) in xs.chunks_exact(ROWS * BLOCK).enumerate() {
                for (column, y) in ys.chunks_exact(panel * BLOCK).enumerate() {
                    let (row, column) = (row * ROWS, column * panel);
                    if self.symmetric && column + panel <= row {
                        continue;
                    }
                    multiply::<A, L>(&x[..count * ROWS], &y[..count * panel], &mut tile);
                    for (row, tile) in (row..rows).zip(tile.chunks_exact(panel)) {
                        let sums = &mut self.sums[row * columns + column..(row + 1) * columns];
                        sums.iter_mut().zip(tile).for_each(|(sum, part)| *sum += part.to_f64());
                    }
                }
            }
        }
        if self.symmetric {
            for (row, column) in (0..rows).flat_map(|row| (0..row).map(move |column| (row, column))) {
                self.sums[row * columns + column] = self.sums[column * columns + row];
            }
        }
    }
}

/// Sets `tile` (`[ROWS][2 N]`) to the sums over pixels of the products of two panels.
#[inline(always)]
fn multiply<A: Float, L: Lanes<A>>(x: &[A], y: &[A], tile: &mut [A]) {
    let mut sums = [[L::splat(A::default()); 2]; ROWS];
    for (x, y) in x.chunks_exact(ROWS).zip(y.chunks_exact(2 * L::N)) {
        // SAFETY: `y` holds two vectors.
        let y = unsafe { [L::load(y.as_ptr()), L::load(y.as_ptr().add(L::N))] };
        for (sums, &x) in sums.iter_mut().zip(x) {
            let x = L::splat(x);
            *sums = [y[0].mul_add(x, sums[0]), y[1].mul_add(x, sums[1])];
        }
    }
    for (tile, sums) in tile.chunks_exact_mut(2 * L::N).zip(sums) {
        // SAFETY: a row of `tile` has room for two vectors.
        unsafe {
            sums[0].store(tile.as_mut_ptr());
            sums[1].store(tile.as_mut_ptr().add(L::N));
        }
    }
}

/// Writes `count` pixels, from number `first` on, minus the shift of each channel, into panels of `width` channels.
#[inline(always)]
fn pack<A: Float>(view: &View<'_>, first: usize, count: usize, shift: &[A], width: usize, panels: &mut [A]) {
    let shape = view.shape();
    let mut done = 0;
    while done < count {
        let pixel = first + done;
        let (n, h, w) = (pixel / shape.area(), pixel % shape.area() / shape.width, pixel % shape.width);
        let run = Run { at: done, count: (shape.width - w).min(count - done), width };
        let (from, channel, column) = view.row_from([n, h, w]);
        match from {
            Values::F32(from) => run.copy(|i| A::from_f32(from[i]), [channel, column], shift, panels),
            Values::F64(from) => run.copy(|i| A::from_f64(from[i]), [channel, column], shift, panels),
        }
        done += run.count;
    }
}

/// Pixels of one row, and their place in a block.
#[derive(Clone, Copy)]
struct Run {
    at: usize,
    count: usize,
    width: usize,
}

impl Run {
    /// Copies numbers whose distance is `channel` between channels and `column` between pixels, along the shorter of these.
    #[inline(always)]
    fn copy<A: Float>(self, from: impl Fn(usize) -> A, [channel, column]: [usize; 2], shift: &[A], panels: &mut [A]) {
        let Run { at, count, width } = self;
        for (panel, (to, shift)) in panels.chunks_exact_mut(width * BLOCK).zip(shift.chunks(width)).enumerate() {
            let to = &mut to[at * width..(at + count) * width];
            let start = panel * width * channel;
            if channel <= column {
                for (pixel, to) in to.chunks_exact_mut(width).enumerate() {
                    for (c, (to, &shift)) in to.iter_mut().zip(shift).enumerate() {
                        *to = from(start + pixel * column + c * channel) - shift;
                    }
                }
            } else {
                for (c, &shift) in shift.iter().enumerate() {
                    for (pixel, to) in to.chunks_exact_mut(width).enumerate() {
                        to[c] = from(start + pixel * column + c * channel) - shift;
                    }
                }
            }
        }
    }
}

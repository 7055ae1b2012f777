//! Sums over pixels of the products of any two channels, from which covariances are computed.
//!
//! Pixels are packed, one block at a time, into panels of few channels, and a few channels of one panel are multiplied with another
//! panel in registers, as in a matrix product. Sums within a block are in the requested precision, sums over blocks in f64. Products
//! of a view with itself are packed once and take half the work.

use super::lanes::{Float, Kernel, Lanes, dispatch};
use crate::engine::{Precision, Values, View};
use std::ops::Range;

/// Number of pixels in a block.
const BLOCK: usize = 256;

/// Channels of x that are multiplied at a time. They divide a panel, which has two vectors of channels.
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
        let width = 2 * L::N;
        let zeros = vec![A::default(); columns];
        let of_y = if self.symmetric { self.shift } else { zeros.as_slice() };
        // Numbers past the last channel stay zero.
        let panels = |channels: usize| vec![A::default(); channels.next_multiple_of(width) * BLOCK];
        let mut xs = (!self.symmetric).then(|| panels(rows));
        let mut ys = panels(columns);
        let mut tile = vec![A::default(); ROWS * width];
        let pixels = self.x.images() * self.x.shape().area();
        for first in (0..pixels).step_by(BLOCK) {
            let count = BLOCK.min(pixels - first);
            if let Some(xs) = &mut xs {
                pack::<A, L>(self.x, first, count, self.shift, xs);
            }
            pack::<A, L>(self.y, first, count, of_y, &mut ys);
            let xs = xs.as_ref().unwrap_or(&ys);
            for row in (0..rows).step_by(ROWS) {
                let x = &xs[row / width * width * BLOCK..][..count * width];
                for (column, y) in ys.chunks_exact(width * BLOCK).enumerate() {
                    let column = column * width;
                    if self.symmetric && column + width <= row {
                        continue;
                    }
                    multiply::<A, L>(x, row % width, &y[..count * width], &mut tile);
                    for (row, tile) in (row..rows).zip(tile.chunks_exact(width)) {
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

/// Sets `tile` (`[ROWS][2 N]`) to the sums over pixels of the products of [`ROWS`] channels of one panel, from `channel` on, with
/// another panel.
#[inline(always)]
fn multiply<A: Float, L: Lanes<A>>(x: &[A], channel: usize, y: &[A], tile: &mut [A]) {
    let mut sums = [[L::splat(A::default()); 2]; ROWS];
    for (x, y) in x.chunks_exact(2 * L::N).zip(y.chunks_exact(2 * L::N)) {
        // SAFETY: `y` holds two vectors.
        let y = unsafe { [L::load(y.as_ptr()), L::load(y.as_ptr().add(L::N))] };
        for (sums, &x) in sums.iter_mut().zip(&x[channel..channel + ROWS]) {
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

/// Writes `count` pixels, from number `first` on, minus the shift of each channel, into panels.
#[inline(always)]
fn pack<A: Float, L: Lanes<A>>(view: &View<'_>, first: usize, count: usize, shift: &[A], panels: &mut [A]) {
    let shape = view.shape();
    let mut done = 0;
    while done < count {
        let pixel = first + done;
        let (n, h, w) = (pixel / shape.area(), pixel % shape.area() / shape.width, pixel % shape.width);
        let places = done..done + (shape.width - w).min(count - done);
        let (from, channel, column) = view.row_from([n, h, w]);
        done = places.end;
        match from {
            Values::F32(from) => copy::<A, L, _>(from, A::from_f32, [channel, column], shift, places, panels),
            Values::F64(from) => copy::<A, L, _>(from, A::from_f64, [channel, column], shift, places, panels),
        }
    }
}

/// Writes pixels of one row to their places in panels. Numbers lie `channel` apart between channels and `column` between pixels, and
/// are read along the shorter of these.
#[inline(always)]
fn copy<A: Float, L: Lanes<A>, N: Copy>(
    from: &[N],
    convert: impl Fn(N) -> A,
    [channel, column]: [usize; 2],
    shift: &[A],
    places: Range<usize>,
    panels: &mut [A],
) {
    let width = 2 * L::N;
    for (panel, (to, shift)) in panels.chunks_exact_mut(width * BLOCK).zip(shift.chunks(width)).enumerate() {
        let to = &mut to[places.start * width..places.end * width];
        let from = &from[panel * width * channel..];
        if channel == 1 && shift.len() == width {
            // A known number of neighbours, of which the compiler makes vectors.
            for (pixel, to) in to.chunks_exact_mut(width).enumerate() {
                let from = &from[pixel * column..][..width];
                for c in 0..width {
                    to[c] = convert(from[c]) - shift[c];
                }
            }
        } else if channel <= column {
            for (pixel, to) in to.chunks_exact_mut(width).enumerate() {
                for (c, (to, &shift)) in to.iter_mut().zip(shift).enumerate() {
                    *to = convert(from[pixel * column + c * channel]) - shift;
                }
            }
        } else {
            for (c, &shift) in shift.iter().enumerate() {
                for (pixel, to) in to.chunks_exact_mut(width).enumerate() {
                    to[c] = convert(from[pixel * column + c * channel]) - shift;
                }
            }
        }
    }
}

//! The transforms of F(4, 3) at the points 0, ±1/√2, ±√2 and infinity, in one dimension; two dimensions are one after
//! the other.
//!
//! With g the 3 weights, d the 6 inputs and y the 4 outputs of a row, `y = Aᵀ [(G g) ⊙ (Bᵀ d)]` (Lavin & Gray,
//! "Fast algorithms for convolutional neural networks", CVPR 2016), and `dg = Gᵀ [(A dy) ⊙ (Bᵀ d)]` for the gradient.
//! Of the points tried, these have the smallest rounding error: half that of the usual 0, ±1, ±2 at the same cost.

// A loop over the rows reads all columns at that row.
#![allow(clippy::needless_range_loop)]

use super::lanes::Lanes;
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Number of outputs of a tile along one side.
pub(super) const OUT: usize = 4;
/// Number of inputs of a tile along one side, which is also the number of points.
pub(super) const IN: usize = 6;
/// Number of places of a transformed tile.
pub(super) const PLACES: usize = IN * IN;

/// G: a row for each point.
pub(super) const G: [[f64; 3]; IN] = {
    use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};
    [
        [1.0, 0.0, 0.0],
        [-2.0 / 3.0, -2.0 / 3.0 * FRAC_1_SQRT_2, -1.0 / 3.0],
        [-2.0 / 3.0, 2.0 / 3.0 * FRAC_1_SQRT_2, -1.0 / 3.0],
        [1.0 / 6.0, SQRT_2 / 6.0, 1.0 / 3.0],
        [1.0 / 6.0, -SQRT_2 / 6.0, 1.0 / 3.0],
        [0.0, 0.0, 1.0],
    ]
};

/// Bᵀ d.
#[inline(always)]
fn input<const N: usize, L: Lanes<N>>(d: [L; IN]) -> [L; IN] {
    let c = L::splat;
    let (even_a, odd_a) = (d[2].mul_add(c(-2.0), d[4]), d[1].mul_add(c(-2.0), d[3]));
    let (even_b, odd_b) = (d[2].mul_add(c(-0.5), d[4]), d[1].mul_add(c(-0.5), d[3]));
    [
        d[2].mul_add(c(-2.5), d[0].add(d[4])),
        odd_a.mul_add(c(FRAC_1_SQRT_2), even_a),
        odd_a.mul_add(c(-FRAC_1_SQRT_2), even_a),
        odd_b.mul_add(c(SQRT_2), even_b),
        odd_b.mul_add(c(-SQRT_2), even_b),
        d[3].mul_add(c(-2.5), d[1].add(d[5])),
    ]
}

/// Aᵀ m.
#[inline(always)]
fn output<const N: usize, L: Lanes<N>>(m: [L; IN]) -> [L; OUT] {
    let c = L::splat;
    let (even_a, odd_a) = (m[1].add(m[2]), m[1].sub(m[2]));
    let (even_b, odd_b) = (m[3].add(m[4]), m[3].sub(m[4]));
    let odd = odd_b.mul_add(c(2.0), odd_a);
    [
        m[0].add(even_a).add(even_b),
        odd.mul(c(FRAC_1_SQRT_2)),
        even_a.mul_add(c(0.5), even_b.add(even_b)),
        odd_b.mul_add(c(2.0 * SQRT_2), odd_a.mul_add(c(0.5 * FRAC_1_SQRT_2), m[5])),
    ]
}

/// A dy.
#[inline(always)]
fn gradient<const N: usize, L: Lanes<N>>(y: [L; OUT]) -> [L; IN] {
    let c = L::splat;
    let (even_a, odd_a) = (y[2].mul_add(c(0.5), y[0]), y[3].mul_add(c(0.5), y[1]));
    let (even_b, odd_b) = (y[2].mul_add(c(2.0), y[0]), y[3].mul_add(c(2.0), y[1]));
    [
        y[0],
        odd_a.mul_add(c(FRAC_1_SQRT_2), even_a),
        odd_a.mul_add(c(-FRAC_1_SQRT_2), even_a),
        odd_b.mul_add(c(SQRT_2), even_b),
        odd_b.mul_add(c(-SQRT_2), even_b),
        y[3],
    ]
}

/// Bᵀ d B, row by row, of a tile that `load` returns by row and column.
#[inline(always)]
pub(super) fn input_tile<const N: usize, L: Lanes<N>>(
    load: impl Fn(usize, usize) -> L,
    mut store: impl FnMut(usize, L),
) {
    let mut columns = [[L::splat(0.0); IN]; IN];
    for (x, column) in columns.iter_mut().enumerate() {
        for (y, value) in column.iter_mut().enumerate() {
            *value = load(y, x);
        }
        *column = input(*column);
    }
    for y in 0..IN {
        let row = input([columns[0][y], columns[1][y], columns[2][y], columns[3][y], columns[4][y], columns[5][y]]);
        for (x, value) in row.into_iter().enumerate() {
            store(y * IN + x, value);
        }
    }
}

/// Aᵀ m A of the places that `load` returns; `store` receives the tile one row at a time.
#[inline(always)]
pub(super) fn output_tile<const N: usize, L: Lanes<N>>(
    load: impl Fn(usize) -> L,
    mut store: impl FnMut(usize, [L; OUT]),
) {
    let mut columns = [[L::splat(0.0); OUT]; IN];
    for (x, column) in columns.iter_mut().enumerate() {
        let mut places = [L::splat(0.0); IN];
        for (y, value) in places.iter_mut().enumerate() {
            *value = load(y * IN + x);
        }
        *column = output(places);
    }
    for y in 0..OUT {
        store(y, output([columns[0][y], columns[1][y], columns[2][y], columns[3][y], columns[4][y], columns[5][y]]));
    }
}

/// A dy Aᵀ, row by row, of a tile that `load` returns by row and column.
#[inline(always)]
pub(super) fn gradient_tile<const N: usize, L: Lanes<N>>(
    load: impl Fn(usize, usize) -> L,
    mut store: impl FnMut(usize, L),
) {
    let mut columns = [[L::splat(0.0); IN]; OUT];
    for (x, column) in columns.iter_mut().enumerate() {
        let mut pixels = [L::splat(0.0); OUT];
        for (y, value) in pixels.iter_mut().enumerate() {
            *value = load(y, x);
        }
        *column = gradient(pixels);
    }
    for y in 0..IN {
        let row = gradient([columns[0][y], columns[1][y], columns[2][y], columns[3][y]]);
        for (x, value) in row.into_iter().enumerate() {
            store(y * IN + x, value);
        }
    }
}

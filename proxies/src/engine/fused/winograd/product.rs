//! The small matrix products at one place of the transformed tiles.

use super::lanes::Lanes;
use super::{vector, vector_mut};

/// Number of output channels that are adjacent in packed weights.
pub(super) const PANEL: usize = 16;

/// m = v u, with v `[tiles][inputs]`, m `[tiles][outputs]` and u `[outputs / 16][inputs][16]`, whose last panel may have only 8.
#[inline(always)]
pub(super) fn forward<const N: usize, L: Lanes<N>>(v: &[f32], u: &[f32], m: &mut [f32], inputs: usize, outputs: usize) {
    for (panel, u) in u.chunks(PANEL * inputs).enumerate() {
        let at = panel * PANEL;
        if N == PANEL || u.len() < PANEL * inputs {
            panel_product::<N, L, 1>(v, u, m, inputs, outputs, at);
        } else {
            panel_product::<N, L, 2>(v, u, m, inputs, outputs, at);
        }
    }
}

#[inline(always)]
fn panel_product<const N: usize, L: Lanes<N>, const B: usize>(
    v: &[f32],
    u: &[f32],
    m: &mut [f32],
    inputs: usize,
    outputs: usize,
    at: usize,
) {
    let (mut v, mut m) = (v, m);
    while !v.is_empty() {
        // Take as many rows as make 8 to 12 sums, which keep both multipliers busy and fit the registers.
        let take = match v.len() / inputs {
            8.. if B == 1 => 8,
            6 | 7 | 9.. if B == 2 => 6,
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        let (rows, rest) = v.split_at(take * inputs);
        let (sums, left) = m.split_at_mut(take * outputs);
        match take {
            8 => rows_product::<N, L, 8, B>(rows, u, sums, inputs, outputs, at),
            6 => rows_product::<N, L, 6, B>(rows, u, sums, inputs, outputs, at),
            4 => rows_product::<N, L, 4, B>(rows, u, sums, inputs, outputs, at),
            2 => rows_product::<N, L, 2, B>(rows, u, sums, inputs, outputs, at),
            _ => rows_product::<N, L, 1, B>(rows, u, sums, inputs, outputs, at),
        }
        (v, m) = (rest, left);
    }
}

/// Multiplies `T` rows of `v` by a panel of `B` vectors, into columns `at..` of `m`.
#[inline(always)]
fn rows_product<const N: usize, L: Lanes<N>, const T: usize, const B: usize>(
    v: &[f32],
    u: &[f32],
    m: &mut [f32],
    inputs: usize,
    outputs: usize,
    at: usize,
) {
    let mut rows = [v; T];
    for (t, row) in rows.iter_mut().enumerate() {
        *row = &v[t * inputs..(t + 1) * inputs];
    }
    let mut sums = [[L::splat(0.0); B]; T];
    for (k, u) in u.as_chunks::<N>().0.chunks_exact(B).take(inputs).enumerate() {
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let x = L::splat(row[k]);
            for (sum, u) in sums.iter_mut().zip(u) {
                *sum = x.mul_add(L::load(u), *sum);
            }
        }
    }
    for (sums, m) in sums.into_iter().zip(m.chunks_exact_mut(outputs)) {
        for (sum, m) in sums.into_iter().zip(m[at..at + B * N].as_chunks_mut::<N>().0) {
            sum.store(m);
        }
    }
}

/// sums += vᵀ w, with v `[tiles][inputs]`, w `[outputs / 16][tiles][16]` and sums `[outputs / 16][inputs][16]`, whose last
/// panels may have only 8.
#[inline(always)]
pub(super) fn gradient<const N: usize, L: Lanes<N>>(v: &[f32], w: &[f32], sums: &mut [f32], inputs: usize) {
    let tiles = v.len() / inputs;
    for (w, sums) in w.chunks(PANEL * tiles).zip(sums.chunks_mut(PANEL * inputs)) {
        let narrow = w.len() < PANEL * tiles;
        let mut row = 0;
        while row < inputs {
            row += match (inputs - row) % 6 {
                _ if N == PANEL || narrow => gradient_rows::<N, L, 8, 1>(v, w, sums, inputs, row),
                0 => gradient_rows::<N, L, 6, 2>(v, w, sums, inputs, row),
                _ => gradient_rows::<N, L, 4, 2>(v, w, sums, inputs, row),
            };
        }
    }
}

/// Adds to `R` rows of the sums of a panel of `B` vectors, from `row` on; returns the number of rows.
#[inline(always)]
fn gradient_rows<const N: usize, L: Lanes<N>, const R: usize, const B: usize>(
    v: &[f32],
    w: &[f32],
    sums: &mut [f32],
    inputs: usize,
    row: usize,
) -> usize {
    let tiles = v.len() / inputs;
    assert!(row + R <= inputs && sums.len() >= inputs * B * N && w.len() >= tiles * B * N);
    let mut block = [[L::splat(0.0); B]; R];
    for tile in 0..tiles {
        // SAFETY: `tile` is one of the tiles, and the rows and vectors lie within its channels, as asserted.
        let v: &[f32; R] = unsafe { vector(v, tile * inputs + row) };
        for (sums, &v) in block.iter_mut().zip(v) {
            let x = L::splat(v);
            for (b, sum) in sums.iter_mut().enumerate() {
                // SAFETY: as above.
                let w = L::load(unsafe { vector(w, (tile * B + b) * N) });
                *sum = x.mul_add(w, *sum);
            }
        }
    }
    for (r, values) in block.into_iter().enumerate() {
        for (b, value) in values.into_iter().enumerate() {
            // SAFETY: row + r < inputs, as asserted.
            let sum = unsafe { vector_mut(sums, ((row + r) * B + b) * N) };
            value.add(L::load(sum)).store(sum);
        }
    }
    R
}

//! Code shared by the proxies that use the determinant or the spectrum of a matrix.

use super::Measured;
use crate::engine::{Numbers, Values, View};
use crate::network::Shape;
use crate::score::Status;
use nalgebra::DMatrix;

/// Eigenvalue of a matrix of products, relative to the largest, below which its square root is too inexact as a singular value.
const DISTINCT: f64 = 1e-9;

/// Norm of a centred row, relative to that of the row, up to which it counts as rounding.
const ROUNDING: f64 = 1e-12;

/// ln |det| of a square matrix whose largest entries are on its diagonal. [`Status::Singular`] where a pivot is only rounding relative
/// to them.
pub(super) fn log_determinant(matrix: DMatrix<f64>) -> Measured {
    let n = matrix.nrows();
    let scale = matrix.diagonal().amax();
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(Status::Overflow);
    }
    if scale == 0.0 || n == 0 {
        return Err(Status::Singular);
    }
    // Dividing keeps pivots near 1, so that they reveal the rank.
    let pivots = (matrix / scale).lu().u().diagonal();
    if pivots.iter().any(|pivot| pivot.abs() <= n as f64 * f64::EPSILON) {
        return Err(Status::Singular);
    }
    Ok(pivots.iter().map(|pivot| pivot.abs().ln()).sum::<f64>() + n as f64 * scale.ln())
}

/// Returns the Pearson correlations between rows of `length` numbers, which it consumes, and whether each row varies. The correlations
/// of a row that does not vary are all zero, even on the diagonal.
pub(super) fn correlations(mut rows: Numbers, length: usize) -> (DMatrix<f64>, Vec<bool>) {
    let sizes = match &mut rows {
        Numbers::F32(rows) => centre(rows, length, |x| x as f32),
        Numbers::F64(rows) => centre(rows, length, |x| x),
    };
    let mut products = products_of_rows(rows.values(), length);
    let varies: Vec<bool> =
        sizes.iter().enumerate().map(|(i, size)| products[(i, i)] > ROUNDING * ROUNDING * size).collect();
    let factors: Vec<f64> = varies
        .iter()
        .enumerate()
        .map(|(i, varies)| if *varies { products[(i, i)].sqrt().recip() } else { 0.0 })
        .collect();
    for (i, j) in (0..sizes.len()).flat_map(|i| (0..sizes.len()).map(move |j| (i, j))) {
        products[(i, j)] = (products[(i, j)] * factors[i] * factors[j]).clamp(-1.0, 1.0);
    }
    (products, varies)
}

/// Subtracts its mean from each row of `length` numbers. Returns the squared norms of the original rows.
fn centre<F: Copy + Into<f64>>(rows: &mut [F], length: usize, round: impl Fn(f64) -> F) -> Vec<f64> {
    let squares = rows.chunks_exact_mut(length).map(|row| {
        let (sum, squares) =
            row.iter().fold((0.0, 0.0), |(sum, squares), &x| (sum + x.into(), squares + x.into() * x.into()));
        let mean = sum / length as f64;
        row.iter_mut().for_each(|x| *x = round((*x).into() - mean));
        squares
    });
    squares.collect()
}

/// The inner products of all pairs of rows of `length` numbers.
pub(super) fn products_of_rows(rows: Values<'_>, length: usize) -> DMatrix<f64> {
    let count = rows.len() / length;
    DMatrix::from_vec(count, count, View::contiguous(rows, 1, Shape::new(count, 1, length)).squares())
}

/// The least eigenvalue of a symmetric matrix.
pub(super) fn least_eigenvalue(matrix: DMatrix<f64>) -> f64 {
    if matrix.is_empty() { 0.0 } else { matrix.symmetric_eigenvalues().min() }
}

/// The singular values of the matrix whose columns have the inner products `products`; `None` if some are too small, relative to the
/// largest, to be computed from products. A column of zeros contributes a 0.
pub(super) fn singular_values_of_products(products: &DMatrix<f64>) -> Option<Vec<f64>> {
    let kept: Vec<usize> = (0..products.nrows()).filter(|&i| products[(i, i)] != 0.0).collect();
    let zeros = products.nrows() - kept.len();
    let mut values = vec![0.0; zeros];
    if !kept.is_empty() {
        let kept = DMatrix::from_fn(kept.len(), kept.len(), |i, j| products[(kept[i], kept[j])]);
        let squares = kept.symmetric_eigenvalues();
        if squares.min() <= DISTINCT * squares.max() {
            return None;
        }
        values.extend(squares.iter().map(|square| square.sqrt()));
    }
    Some(values)
}

/// Exponential of the entropy of the singular values as shares of their sum; 0 if the sum is 0 or not finite.
pub(super) fn effective_rank(values: &[f64]) -> f64 {
    let total: f64 = values.iter().sum();
    if !(total > 0.0 && total.is_finite()) {
        return 0.0;
    }
    let shares = values.iter().map(|value| value / total).filter(|&share| share > 0.0);
    (-shares.map(|share| share * share.ln()).sum::<f64>()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn determinants_of_singular_matrices_are_told() {
        let matrix = DMatrix::from_row_slice(2, 2, &[4.0, 2.0, 1.0, 3.0]);
        assert!((log_determinant(matrix).unwrap() - 10f64.ln()).abs() < 1e-14);
        assert_eq!(log_determinant(DMatrix::from_element(2, 2, 1.0)), Err(Status::Singular));
        assert_eq!(log_determinant(DMatrix::zeros(2, 2)), Err(Status::Singular));
    }

    #[test]
    fn constant_rows_correlate_with_nothing() {
        let (matrix, varies) = correlations(Numbers::F64(vec![1.0, 2.0, 3.0, 0.1, 0.1, 0.1, 3.0, 2.0, 1.0]), 3);
        assert_eq!(varies, [true, false, true]);
        let expected = [1.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 1.0];
        assert!(matrix.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-12), "{matrix}");
    }

    #[test]
    fn an_effective_rank_counts_equal_directions() {
        assert!((effective_rank(&[2.0, 2.0, 2.0, 0.0]) - 3.0).abs() < 1e-12);
        assert_eq!(effective_rank(&[0.0; 4]), 0.0);
        let diagonal = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(vec![9.0, 0.0, 4.0]));
        let mut values = singular_values_of_products(&diagonal).unwrap();
        values.sort_by(f64::total_cmp);
        assert!(values.iter().zip([0.0, 2.0, 3.0]).all(|(got, expected)| (got - expected).abs() < 1e-12));
        assert_eq!(singular_values_of_products(&DMatrix::from_element(2, 2, 1.0)), None);
    }
}

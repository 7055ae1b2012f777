//! Numbers of either precision: borrowed, as observers see them, and owned.

use super::Precision;
use std::ops::Range;

/// A borrowed slice of numbers of either precision.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 64-bit floats.
    F64(&'a [f64]),
}

impl<'a> Values<'a> {
    /// Returns how many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
        }
    }

    /// Returns whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns number `i` as f64. Panics past the end, like a slice.
    pub fn get(&self, i: usize) -> f64 {
        match self {
            Values::F32(values) => f64::from(values[i]),
            Values::F64(values) => values[i],
        }
    }

    /// Returns the numbers in `range`. Panics past the end, like a slice.
    pub fn slice(&self, range: Range<usize>) -> Values<'a> {
        match self {
            Values::F32(values) => Values::F32(&values[range]),
            Values::F64(values) => Values::F64(&values[range]),
        }
    }

    /// Sum of `term(x)` over all numbers, in f64.
    pub fn sum(&self, term: impl Fn(f64) -> f64) -> f64 {
        match self {
            Values::F32(values) => values.iter().map(|&x| term(f64::from(x))).sum(),
            Values::F64(values) => values.iter().map(|&x| term(x)).sum(),
        }
    }

    /// Sum of `term(x, y)` over pairs of numbers, in f64, up to the length of the shorter one.
    pub fn sum_with(&self, other: Values<'_>, term: impl Fn(f64, f64) -> f64) -> f64 {
        match (self, other) {
            (Values::F32(xs), Values::F32(ys)) => {
                xs.iter().zip(ys).map(|(&x, &y)| term(f64::from(x), f64::from(y))).sum()
            }
            (Values::F64(xs), Values::F64(ys)) => xs.iter().zip(ys).map(|(&x, &y)| term(x, y)).sum(),
            (xs, ys) => (0..xs.len().min(ys.len())).map(|i| term(xs.get(i), ys.get(i))).sum(),
        }
    }

    /// The Euclidean norm.
    pub fn norm(&self) -> f64 {
        self.sum(|x| x * x).sqrt()
    }
}

/// An owned vector of numbers of either precision.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbers {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Numbers {
    pub(super) fn zeros(precision: Precision, len: usize) -> Self {
        match precision {
            Precision::F32 => Numbers::F32(vec![0.0; len]),
            Precision::F64 => Numbers::F64(vec![0.0; len]),
        }
    }

    /// Numbers rounded to a precision.
    pub(super) fn rounded(precision: Precision, numbers: impl Iterator<Item = f64>) -> Self {
        match precision {
            Precision::F32 => Numbers::F32(numbers.map(|x| x as f32).collect()),
            Precision::F64 => Numbers::F64(numbers.collect()),
        }
    }

    pub(super) fn to_f64(&self) -> Vec<f64> {
        match self {
            Numbers::F32(numbers) => numbers.iter().map(|&x| f64::from(x)).collect(),
            Numbers::F64(numbers) => numbers.clone(),
        }
    }

    pub(crate) fn values(&self) -> Values<'_> {
        match self {
            Numbers::F32(numbers) => Values::F32(numbers),
            Numbers::F64(numbers) => Values::F64(numbers),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Numbers::F32(numbers) => bytemuck::cast_slice(numbers),
            Numbers::F64(numbers) => bytemuck::cast_slice(numbers),
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Numbers::F32(numbers) => bytemuck::cast_slice_mut(numbers),
            Numbers::F64(numbers) => bytemuck::cast_slice_mut(numbers),
        }
    }
}

//! Borrowed numbers of either precision, as observers see them.

use crate::network::Shape;
use std::ops::Range;

/// A borrowed run of numbers.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 64-bit floats.
    F64(&'a [f64]),
}

impl Values<'_> {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number `i`, as f64. Panics past the end, as a slice does.
    pub fn get(&self, i: usize) -> f64 {
        match self {
            Values::F32(values) => f64::from(values[i]),
            Values::F64(values) => values[i],
        }
    }

    /// The numbers in `range`. Panics past the end, as a slice does.
    pub fn slice(&self, range: Range<usize>) -> Self {
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

    /// Sum of `term(x, y)` over pairs of numbers, in f64; both run over the shorter length.
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

/// The activations (or gradients) of one layer for a whole batch, in whatever memory layout the engine has.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    values: Values<'a>,
    images: usize,
    shape: Shape,
    strides: [usize; 4],
}

impl<'a> View<'a> {
    /// Contiguous activations, images x channels x height x width.
    pub fn contiguous(values: Values<'a>, images: usize, shape: Shape) -> Self {
        View { values, images, shape, strides: [shape.len(), shape.area(), shape.width, 1] }
    }

    /// Activations whose value of image n, channel c, row h, column w lies at the sum of these indices times `strides`.
    pub(crate) fn strided(values: Values<'a>, images: usize, shape: Shape, strides: [usize; 4]) -> Self {
        View { values, images, shape, strides }
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Shape of one image's activation.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The value of image `n`, channel `c`, row `h`, column `w`.
    pub fn get(&self, n: usize, c: usize, h: usize, w: usize) -> f64 {
        let [image, channel, row, column] = self.strides;
        self.values.get(n * image + c * channel + h * row + w * column)
    }
}

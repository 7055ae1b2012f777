//! Borrowed numbers of either precision, as observers see them.

use crate::network::Shape;

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

    /// Sets `products[n * channels + c]` to the sum over all pixels of this view's values times the other's, for each image
    /// n and channel c, in f64. Panics if the views differ in images or shape.
    pub fn channel_products(&self, other: &View<'_>, products: &mut Vec<f64>) {
        assert_eq!((self.images, self.shape), (other.images, other.shape), "views of one layer");
        products.clear();
        products.resize(self.images * self.shape.channels, 0.0);
        match (self.values, other.values) {
            (Values::F32(xs), Values::F32(ys)) => self.add_products(xs, other, ys, products),
            (Values::F64(xs), Values::F64(ys)) => self.add_products(xs, other, ys, products),
            (Values::F32(xs), Values::F64(ys)) => self.add_products(xs, other, ys, products),
            (Values::F64(xs), Values::F32(ys)) => self.add_products(xs, other, ys, products),
        }
    }

    /// Walks both in the order of their memory: pixel by pixel where channels lie side by side, else channel by channel.
    fn add_products<X, Y>(&self, xs: &[X], other: &View<'_>, ys: &[Y], products: &mut [f64])
    where
        X: Copy + Into<f64>,
        Y: Copy + Into<f64>,
    {
        let Shape { channels, height, width } = self.shape;
        let start = |view: &View<'_>, n, c, h, w| {
            let [image, channel, row, column] = view.strides;
            n * image + c * channel + h * row + w * column
        };
        for (n, products) in products.chunks_exact_mut(channels).enumerate() {
            if self.strides[1] == 1 && other.strides[1] == 1 {
                for (h, w) in (0..height).flat_map(|h| (0..width).map(move |w| (h, w))) {
                    let x = &xs[start(self, n, 0, h, w)..][..channels];
                    let y = &ys[start(other, n, 0, h, w)..][..channels];
                    for ((product, &x), &y) in products.iter_mut().zip(x).zip(y) {
                        *product += x.into() * y.into();
                    }
                }
            } else {
                for (c, h) in (0..channels).flat_map(|c| (0..height).map(move |h| (c, h))) {
                    let x = xs[start(self, n, c, h, 0)..].iter().step_by(self.strides[3]);
                    let y = ys[start(other, n, c, h, 0)..].iter().step_by(other.strides[3]);
                    products[c] += x.zip(y).take(width).map(|(&x, &y)| x.into() * y.into()).sum::<f64>();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plain definition, number by number, for two layouts of the same activations.
    #[test]
    fn channel_products_do_not_depend_on_the_layout() {
        let (images, shape) = (2, Shape::new(3, 4, 5));
        let planes: Vec<f64> = (0..images * shape.len()).map(|i| (i as f64).sin()).collect();
        let planes = View::contiguous(Values::F64(&planes), images, shape);
        // Channels side by side, one number of padding after each pixel, one pixel after each row.
        let strides = [4 * 6 * 4, 1, 6 * 4, 4];
        let mut pixels = vec![f32::NAN; images * strides[0]];
        let mut expected = vec![0.0; images * shape.channels];
        for n in 0..images {
            for (c, h, w) in (0..3).flat_map(|c| (0..4).flat_map(move |h| (0..5).map(move |w| (c, h, w)))) {
                let value = (planes.get(n, c, h, w) * 3.0).cos() as f32;
                pixels[n * strides[0] + c + h * strides[2] + w * strides[3]] = value;
                expected[n * 3 + c] += planes.get(n, c, h, w) * f64::from(value);
            }
        }
        let pixels = View::strided(Values::F32(&pixels), images, shape, strides);
        let mut products = vec![7.0];
        for (one, other) in [(&planes, &pixels), (&pixels, &planes)] {
            one.channel_products(other, &mut products);
            assert!(
                products.iter().zip(&expected).all(|(got, expected)| (got - expected).abs() < 1e-12),
                "{products:?}"
            );
        }
        let mut squares = Vec::new();
        pixels.channel_products(&pixels, &mut squares);
        let first: f64 = (0..20).map(|i| pixels.get(0, 0, i / 5, i % 5).powi(2)).sum();
        assert!((squares[0] - first).abs() < 1e-12);
    }
}

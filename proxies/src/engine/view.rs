//! A layer's values as observers see them: borrowed, in whatever memory layout the engine uses.

use super::values::{Numbers, Values};
use super::{Precision, fused};
use crate::network::Shape;
use std::array::from_fn;

/// The activations (or gradients) of one layer for a whole batch, in whatever memory layout the engine uses.
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

    /// Activations whose value for image n, channel c, row h, column w lies at the sum of these indices times `strides`.
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

    /// Returns the value for image `n`, channel `c`, row `h`, column `w`.
    pub fn get(&self, n: usize, c: usize, h: usize, w: usize) -> f64 {
        let [image, channel, row, column] = self.strides;
        self.values.get(n * image + c * channel + h * row + w * column)
    }

    /// Returns whether both views have the same sizes and equal values.
    pub fn equals(&self, other: &View<'_>) -> bool {
        let Shape { channels, height, width } = self.shape;
        let rows = (0..self.images).flat_map(|n| (0..height).map(move |h| (n, h)));
        let mut pixels = rows.flat_map(|(n, h)| (0..width).map(move |w| (n, h, w)));
        let equal = |(n, h, w)| (0..channels).all(|c| self.get(n, c, h, w) == other.get(n, c, h, w));
        (self.images, self.shape) == (other.images, other.shape) && pixels.all(equal)
    }

    /// Returns a view of every `step`th row and column, starting at `row` and `column`, which must be below `step`.
    pub fn sampled(&self, step: usize, [row, column]: [usize; 2]) -> View<'a> {
        let [image, channel, down, across] = self.strides;
        let first = (row * down + column * across).min(self.values.len());
        let count = |side: usize, first: usize| side.saturating_sub(first).div_ceil(step);
        let Shape { channels, height, width } = self.shape;
        View {
            values: self.values.slice(first..self.values.len()),
            images: self.images,
            shape: Shape::new(channels, count(height, row), count(width, column)),
            strides: [image, channel, down * step, across * step],
        }
    }

    /// The numbers from a pixel's first channel on, and the stride from one channel to the next.
    pub(crate) fn pixel(&self, [n, h, w]: [usize; 3]) -> (Values<'a>, usize) {
        let [image, channel, row, column] = self.strides;
        (self.values.slice(n * image + h * row + w * column..self.values.len()), channel)
    }

    /// Returns the values of image `n`, channels x height x width, row-major.
    pub fn image(&self, n: usize) -> Vec<f64> {
        let Shape { channels, height, width } = self.shape;
        let mut values = vec![0.0; self.shape.len()];
        for (i, (h, w)) in (0..height).flat_map(|h| (0..width).map(move |w| (h, w))).enumerate() {
            let (pixel, step) = self.pixel([n, h, w]);
            (0..channels).for_each(|c| values[c * height * width + i] = pixel.get(c * step));
        }
        values
    }

    /// The numbers from a pixel's first channel on, and the strides from one channel to the next and from one column to the next.
    pub(crate) fn row_from(&self, [n, h, w]: [usize; 3]) -> (Values<'a>, usize, usize) {
        let (values, channel) = self.pixel([n, h, w]);
        (values, channel, self.strides[3])
    }

    /// All values, image by image: those of one image pixel by pixel, channels innermost.
    pub(crate) fn rows(&self) -> Numbers {
        match self.values {
            Values::F32(values) => Numbers::F32(self.rows_of(values)),
            Values::F64(values) => Numbers::F64(self.rows_of(values)),
        }
    }

    fn rows_of<F: Copy>(&self, values: &[F]) -> Vec<F> {
        let Shape { channels, height, width } = self.shape;
        let [image, channel, row, column] = self.strides;
        let mut rows = Vec::with_capacity(self.images * self.shape.len());
        for (n, h) in (0..self.images).flat_map(|n| (0..height).map(move |h| (n, h))) {
            let start = n * image + h * row;
            match (channel, column) {
                (1, column) if column == channels => rows.extend_from_slice(&values[start..start + width * channels]),
                (1, _) => (0..width)
                    .map(|w| start + w * column)
                    .for_each(|at| rows.extend_from_slice(&values[at..at + channels])),
                _ => (0..width)
                    .for_each(|w| rows.extend((0..channels).map(|c| values[start + w * column + c * channel]))),
            }
        }
        rows
    }

    /// Returns the mean of each channel over all images and pixels.
    pub fn means(&self) -> Vec<f64> {
        let Shape { channels, height, width } = self.shape;
        let mut sums = vec![0.0; channels];
        for (n, h) in (0..self.images).flat_map(|n| (0..height).map(move |h| (n, h))) {
            let (row, channel, column) = self.row_from([n, h, 0]);
            match row {
                Values::F32(row) => add_up(row, f64::from, width, [channel, column], &mut sums),
                Values::F64(row) => add_up(row, |x| x, width, [channel, column], &mut sums),
            }
        }
        let count = (self.images * height * width) as f64;
        sums.into_iter().map(|sum| sum / count).collect()
    }

    /// Returns the covariances of the channels over all images and pixels, channels x channels.
    pub fn covariance(&self) -> Vec<f64> {
        let count = (self.images * self.shape.area()) as f64;
        let mut sums = fused::square(self.precision(), self, &self.means());
        sums.iter_mut().for_each(|sum| *sum /= count);
        sums
    }

    /// Returns, for each channel of this view and each of the other, the sum of their products over all images and pixels,
    /// row-major. Panics if the views differ in number of images, height or width.
    pub fn cross(&self, other: &View<'_>) -> Vec<f64> {
        let precision = match (self.precision(), other.precision()) {
            (Precision::F32, Precision::F32) => Precision::F32,
            _ => Precision::F64,
        };
        fused::cross(precision, self, other)
    }

    /// The products of every two channels, summed over all images and pixels.
    pub(crate) fn squares(&self) -> Vec<f64> {
        fused::square(self.precision(), self, &[])
    }

    /// The same with all sums in 64-bit floats, whatever the view's precision.
    pub(crate) fn squares_in_f64(&self) -> Vec<f64> {
        fused::square(Precision::F64, self, &[])
    }

    fn precision(&self) -> Precision {
        match self.values {
            Values::F32(_) => Precision::F32,
            Values::F64(_) => Precision::F64,
        }
    }
}

/// Adds the numbers of a row of `width` pixels to the sums of their channels. They lie `channel` apart between channels and `column`
/// between pixels.
fn add_up<N: Copy>(
    row: &[N],
    convert: impl Fn(N) -> f64,
    width: usize,
    [channel, column]: [usize; 2],
    sums: &mut [f64],
) {
    /// Channels whose sums stay in registers.
    const TOGETHER: usize = 8;
    let together = if channel == 1 { sums.len() / TOGETHER * TOGETHER } else { 0 };
    let (together, rest) = sums.split_at_mut(together);
    for (group, sums) in together.chunks_exact_mut(TOGETHER).enumerate() {
        let mut kept: [f64; TOGETHER] = from_fn(|c| sums[c]);
        for w in 0..width {
            let pixel = &row[w * column + group * TOGETHER..][..TOGETHER];
            (0..TOGETHER).for_each(|c| kept[c] += convert(pixel[c]));
        }
        sums.copy_from_slice(&kept);
    }
    for (c, sum) in (together.len()..).zip(rest) {
        (0..width).for_each(|w| *sum += convert(row[w * column + c * channel]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { channels: 3, height: 4, width: 5 };

    /// Sums by the plain definition.
    fn expected(x: &View<'_>, y: &View<'_>, shift: &[f64]) -> Vec<f64> {
        let pairs = (0..x.shape().channels).flat_map(|c| (0..y.shape().channels).map(move |d| (c, d)));
        let Shape { height, width, .. } = x.shape();
        let pixels = (0..2).flat_map(|n| (0..height).flat_map(move |h| (0..width).map(move |w| (n, h, w))));
        let product = |c: usize, d: usize| {
            pixels.clone().map(|(n, h, w)| (x.get(n, c, h, w) - shift[c]) * y.get(n, d, h, w)).sum::<f64>()
        };
        pairs.map(|(c, d)| product(c, d)).collect()
    }

    #[test]
    fn products_of_channels_do_not_depend_on_the_layout() {
        let planes: Vec<f64> = (0..2 * SHAPE.len()).map(|i| (i as f64).sin() + 2.0).collect();
        let planes = View::contiguous(Values::F64(&planes), 2, SHAPE);
        // Channels innermost, one number of padding after each pixel, and one pixel after each row.
        let strides = [4 * 6 * 4, 1, 6 * 4, 4];
        let pixels: Vec<f32> = (0..2 * strides[0]).map(|i| (i as f32 * 0.7).cos()).collect();
        let pixels = View::strided(Values::F32(&pixels), 2, SHAPE, strides);
        let means = planes.means();
        for (x, y, limit) in [(&planes, &pixels, 1e-13), (&pixels, &planes, 1e-13), (&pixels, &pixels, 1e-5)] {
            for (got, expected) in x.cross(y).iter().zip(expected(x, y, &[0.0; 3])) {
                assert!((got - expected).abs() <= limit * 100.0, "{got}, {expected}");
            }
        }
        let covariance: Vec<f64> = expected(&planes, &planes, &means).iter().map(|sum| sum / 40.0).collect();
        for (i, (got, expected)) in planes.covariance().iter().zip(&covariance).enumerate() {
            assert!((got - expected).abs() < 1e-13, "{got}, {expected}");
            assert!((got - planes.covariance()[i % 3 * 3 + i / 3]).abs() < 1e-13, "not symmetric");
        }
    }

    #[test]
    fn an_image_is_what_its_pixels_are() {
        let values: Vec<f32> = (0..2 * 4 * SHAPE.area()).map(|i| i as f32).collect();
        let view = View::strided(Values::F32(&values), 2, SHAPE, [4 * SHAPE.area(), 1, 4 * SHAPE.width, 4]);
        let image = view.image(1);
        let Shape { channels, height, width } = SHAPE;
        let pixels = (0..channels).flat_map(|c| (0..height).flat_map(move |h| (0..width).map(move |w| (c, h, w))));
        assert_eq!(image, pixels.map(|(c, h, w)| view.get(1, c, h, w)).collect::<Vec<_>>());
    }

    #[test]
    fn wide_views_of_many_pixels_have_the_same_products() {
        let shape = Shape::new(37, 11, 17);
        let values: Vec<f64> = (0..3 * shape.len()).map(|i| (i as f64 * 0.37).sin()).collect();
        let view = View::contiguous(Values::F64(&values), 3, shape);
        let rows = view.rows();
        let by_pixel = View::strided(rows.values(), 3, shape, [shape.len(), 1, 37 * 17, 37]);
        let pixels = || (0..3).flat_map(|n| (0..11).flat_map(move |h| (0..17).map(move |w| (n, h, w))));
        let expected = |c, d| pixels().map(|(n, h, w)| view.get(n, c, h, w) * view.get(n, d, h, w)).sum::<f64>();
        let (squares, other, cross) = (view.squares(), by_pixel.squares(), view.cross(&by_pixel));
        for (c, d) in (0..37).flat_map(|c| (0..37).map(move |d| (c, d))) {
            for got in [squares[c * 37 + d], other[c * 37 + d], cross[c * 37 + d]] {
                assert!((got - expected(c, d)).abs() < 1e-11, "{c}, {d}: {got}");
            }
        }
    }

    #[test]
    fn every_pixel_is_in_one_sample() {
        let values: Vec<f64> = (0..2 * SHAPE.len()).map(|i| i as f64).collect();
        let view = View::contiguous(Values::F64(&values), 2, SHAPE);
        let mut total = 0;
        for (row, column) in (0..2).flat_map(|row| (0..2).map(move |column| (row, column))) {
            let sample = view.sampled(2, [row, column]);
            total += sample.shape().area();
            let (h, w) = (sample.shape().height - 1, sample.shape().width - 1);
            assert_eq!(sample.get(1, 2, h, w), view.get(1, 2, 2 * h + row, 2 * w + column));
        }
        assert_eq!(total, SHAPE.area());
    }
}

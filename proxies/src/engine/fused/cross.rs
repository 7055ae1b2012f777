//! Sums over pixels of the products of any two channels: what covariances are made of.

use super::lanes::{Float, Kernel, Lanes, dispatch};
use crate::engine::{Precision, Values, View};

/// Adds to `sums` (`[x's channels][y's channels]`) the sum over all images and pixels of (x - shift) * y. Sums over one image are
/// in the given precision, over images in f64.
pub(in super::super) fn cross(precision: Precision, x: &View<'_>, shift: &[f64], y: &View<'_>, sums: &mut [f64]) {
    match precision {
        Precision::F32 => add::<f32>(x, shift, y, sums),
        Precision::F64 => add::<f64>(x, shift, y, sums),
    }
}

fn add<A: Float>(x: &View<'_>, shift: &[f64], y: &View<'_>, sums: &mut [f64]) {
    let shift: Vec<A> = shift.iter().map(|&shift| A::from_f64(shift)).collect();
    dispatch(Cross { x, shift: &shift, y, sums });
}

struct Cross<'a, A> {
    x: &'a View<'a>,
    shift: &'a [A],
    y: &'a View<'a>,
    sums: &'a mut [f64],
}

impl<A: Float> Kernel<A> for Cross<'_, A> {
    #[inline(always)]
    fn run<L: Lanes<A>>(self) {
        let shape = self.x.shape();
        let (rows, columns) = (shape.channels, self.y.shape().channels);
        let (mut x, mut y) = (vec![A::default(); rows], vec![A::default(); columns]);
        let mut partial = vec![A::default(); rows * columns];
        for n in 0..self.x.images() {
            partial.fill(A::default());
            for (h, w) in (0..shape.height).flat_map(|h| (0..shape.width).map(move |w| (h, w))) {
                copy(self.x.pixel([n, h, w]), &mut x);
                copy(self.y.pixel([n, h, w]), &mut y);
                for ((&x, &shift), partial) in x.iter().zip(self.shift).zip(partial.chunks_exact_mut(columns)) {
                    let x = x - shift;
                    partial.iter_mut().zip(&y).for_each(|(sum, &y)| *sum += x * y);
                }
            }
            self.sums.iter_mut().zip(&partial).for_each(|(sum, part)| *sum += part.to_f64());
        }
    }
}

/// A pixel's channels, which lie `step` numbers apart.
#[inline(always)]
fn copy<A: Float>((from, step): (Values<'_>, usize), to: &mut [A]) {
    match (from, step) {
        (Values::F32(from), 1) => to.iter_mut().zip(from).for_each(|(to, &from)| *to = A::from_f32(from)),
        (Values::F32(from), _) => to.iter_mut().enumerate().for_each(|(c, to)| *to = A::from_f32(from[c * step])),
        (Values::F64(from), 1) => to.iter_mut().zip(from).for_each(|(to, &from)| *to = A::from_f64(from)),
        (Values::F64(from), _) => to.iter_mut().enumerate().for_each(|(c, to)| *to = A::from_f64(from[c * step])),
    }
}

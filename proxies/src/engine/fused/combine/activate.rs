//! Activations and their derivatives, elementwise.

use super::super::lanes::{Float, Kernel, Lanes, dispatch, exp};
use super::super::layout::Steps;
use crate::network::Activation;

/// y = f(x) over one image.
pub(in super::super) struct Activate<'a, F> {
    pub rows: usize,
    pub columns: usize,
    /// Channels with their padding, and without it.
    pub channels: [usize; 2],
    pub activation: Activation,
    /// Location of x; `None` if x is already in y.
    pub x: Option<(&'a [F], Steps)>,
    pub y: (&'a mut [F], Steps),
}

/// g f'(x) over one image, added to `out` or stored there.
pub(in super::super) struct ActivateBackward<'a, F> {
    pub rows: usize,
    pub columns: usize,
    /// Channels with their padding.
    pub channels: usize,
    pub activation: Activation,
    pub x: (&'a [F], Steps),
    pub g: (&'a [F], Steps),
    pub out: (&'a mut [F], Steps),
    pub add: bool,
}

fn fits(steps: &Steps, len: usize, [rows, columns, channels]: [usize; 3]) -> bool {
    steps.column == channels && steps.last(rows, columns) + channels <= len
}

impl<F: Float> Activate<'_, F> {
    /// Computes the image.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        let size = [self.rows, self.columns, self.channels[0]];
        if size.contains(&0) {
            return;
        }
        assert!(size[2].is_multiple_of(8) && self.channels[1] <= size[2], "channels come in eights");
        assert!(self.x.is_none_or(|(x, steps)| fits(&steps, x.len(), size)), "input ends too early");
        assert!(fits(&self.y.1, self.y.0.len(), size), "output ends too early");
        dispatch(self);
    }
}

impl<F: Float> ActivateBackward<'_, F> {
    /// Computes the image.
    ///
    /// # Panics
    /// If a buffer is too short for its steps.
    pub fn run(self) {
        let size = [self.rows, self.columns, self.channels];
        if size.contains(&0) {
            return;
        }
        assert_eq!(size[2] % 8, 0, "channels come in eights");
        assert!(fits(&self.x.1, self.x.0.len(), size) && fits(&self.g.1, self.g.0.len(), size), "input ends too early");
        assert!(fits(&self.out.1, self.out.0.len(), size), "output ends too early");
        dispatch(self);
    }
}

impl<F: Float> Kernel<F> for Activate<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let [channels, used] = self.channels;
        let len = self.columns * channels;
        let (numbers, steps) = self.y;
        for row in 0..self.rows {
            let y = &mut numbers[steps.start + row * steps.row..][..len];
            if let Some((x, steps)) = self.x {
                y.copy_from_slice(&x[steps.start + row * steps.row..][..len]);
            }
            values::<F, L>(self.activation, y);
            if used < channels {
                y.chunks_exact_mut(channels).for_each(|pixel| pixel[used..].fill(F::default()));
            }
        }
    }
}

impl<F: Float> Kernel<F> for ActivateBackward<'_, F> {
    #[inline(always)]
    fn run<L: Lanes<F>>(self) {
        let len = self.columns * self.channels;
        let (out, steps) = self.out;
        for row in 0..self.rows {
            let (x, g) = (part(self.x, row, len), part(self.g, row, len));
            let out = &mut out[steps.start + row * steps.row..][..len];
            slopes::<F, L>(self.activation, (x, g), out, self.add);
        }
    }
}

/// Returns `len` numbers of a row.
#[inline(always)]
fn part<F>((numbers, steps): (&[F], Steps), row: usize, len: usize) -> &[F] {
    &numbers[steps.start + row * steps.row..][..len]
}

#[inline(always)]
fn number<F: Float, L: Lanes<F>>(value: f64) -> L {
    L::splat(F::from_f64(value))
}

/// 1 / (1 + exp(-x)).
#[inline(always)]
fn sigmoid<F: Float, L: Lanes<F>>(x: L) -> L {
    let one = number::<F, L>(1.0);
    one.div(one.add(exp::<F, L>(x.mul(number(-1.0)))))
}

/// relu6(x + 3) / 6.
#[inline(always)]
fn hard_sigmoid<F: Float, L: Lanes<F>>(x: L) -> L {
    let x = x.add(number(3.0)).at_least(F::default()).at_most(F::from_f64(6.0));
    x.div(number(6.0))
}

/// `value` where low < x < high, 0 elsewhere.
#[inline(always)]
fn within<F: Float, L: Lanes<F>>(value: L, x: L, low: f64, high: f64) -> L {
    value.where_positive(x.add(number(-low))).where_positive(number::<F, L>(high).add(x.mul(number(-1.0))))
}

/// Applies f in place, to as many numbers as fill whole vectors.
#[inline(always)]
fn values<F: Float, L: Lanes<F>>(activation: Activation, y: &mut [F]) {
    match activation {
        Activation::Relu => in_place(y, |x: L| x.rectified()),
        Activation::Relu6 => in_place(y, |x: L| x.rectified().at_most(F::from_f64(6.0))),
        Activation::LeakyRelu { slope } => {
            let slope = number::<F, L>(slope);
            // One of the two parts is always 0.
            in_place(y, |x: L| {
                let positive = x.rectified();
                x.add(positive.mul(number(-1.0))).mul_add(slope, positive)
            });
        }
        Activation::Silu => in_place(y, |x: L| x.mul(sigmoid::<F, L>(x))),
        Activation::HardSwish => in_place(y, |x: L| x.mul(hard_sigmoid::<F, L>(x))),
        Activation::Sigmoid => in_place(y, |x: L| sigmoid::<F, L>(x)),
        Activation::HardSigmoid => in_place(y, |x: L| hard_sigmoid::<F, L>(x)),
        // These are rare, and not worth their own approximation.
        Activation::Gelu | Activation::Tanh => {
            y.iter_mut().for_each(|y| *y = F::from_f64(activation.value(y.to_f64())));
        }
    }
}

#[inline(always)]
fn in_place<F: Float, L: Lanes<F>>(numbers: &mut [F], f: impl Fn(L) -> L) {
    for vector in numbers.chunks_exact_mut(L::N) {
        // SAFETY: the chunk holds N numbers.
        unsafe { f(L::load(vector.as_ptr())).store(vector.as_mut_ptr()) };
    }
}

/// Computes g f'(x), for as many numbers as fill whole vectors.
#[inline(always)]
fn slopes<F: Float, L: Lanes<F>>(activation: Activation, from: (&[F], &[F]), out: &mut [F], add: bool) {
    let one = number::<F, L>(1.0);
    match activation {
        Activation::Relu => chain(from, out, add, |x: L, g: L| g.where_positive(x)),
        Activation::Relu6 => chain(from, out, add, |x: L, g: L| within::<F, L>(g, x, 0.0, 6.0)),
        Activation::LeakyRelu { slope } => {
            let slope = number::<F, L>(slope);
            chain(from, out, add, |x: L, g: L| {
                let passed = g.where_positive(x);
                g.add(passed.mul(number(-1.0))).mul_add(slope, passed)
            });
        }
        Activation::Silu => chain(from, out, add, |x: L, g: L| {
            let s = sigmoid::<F, L>(x);
            // s + x s (1 - s)
            let rest = one.add(s.mul(number(-1.0)));
            g.mul(x.mul(s).mul_add(rest, s))
        }),
        Activation::HardSwish => chain(from, out, add, |x: L, g: L| {
            let linear = within::<F, L>(x.div(number(6.0)), x, -3.0, 3.0);
            g.mul(hard_sigmoid::<F, L>(x).add(linear))
        }),
        Activation::Sigmoid => chain(from, out, add, |x: L, g: L| {
            let s = sigmoid::<F, L>(x);
            g.mul(s.mul(one.add(s.mul(number(-1.0)))))
        }),
        Activation::HardSigmoid => {
            chain(from, out, add, |x: L, g: L| within::<F, L>(g, x, -3.0, 3.0).div(number(6.0)));
        }
        Activation::Gelu | Activation::Tanh => {
            for ((out, &x), &g) in out.iter_mut().zip(from.0).zip(from.1) {
                let by_x = g * F::from_f64(activation.slope(x.to_f64()));
                *out = if add { *out + by_x } else { by_x };
            }
        }
    }
}

#[inline(always)]
fn chain<F: Float, L: Lanes<F>>((x, g): (&[F], &[F]), out: &mut [F], add: bool, f: impl Fn(L, L) -> L) {
    let vectors = out.chunks_exact_mut(L::N).zip(x.chunks_exact(L::N)).zip(g.chunks_exact(L::N));
    for ((out, x), g) in vectors {
        // SAFETY: the chunks hold N numbers.
        unsafe {
            let mut y = f(L::load(x.as_ptr()), L::load(g.as_ptr()));
            if add {
                y = L::load(out.as_ptr()).add(y);
            }
            y.store(out.as_mut_ptr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeronas_random::Stream;

    fn check<F: Float>(limit: f64) {
        let kinks = [-3.0, 3.0, 0.0, 6.0, -0.0, 1e-30, -90.0, 90.0, -720.0, 720.0, f64::NAN];
        let stream = Stream::new("x", 0);
        let x: Vec<F> = (0..128).map(|i| F::from_f64(4.0 * stream.normal(i))).collect();
        let x: Vec<F> = kinks.into_iter().map(F::from_f64).chain(x).take(128).collect();
        let g: Vec<F> = (0..128).map(|i| F::from_f64(stream.normal(1000 + i))).collect();
        let steps = Steps { start: 0, image: 128, row: 64, column: 8 };
        for activation in Activation::all() {
            let mut y = vec![F::default(); 128];
            let (rows, columns) = (2, 8);
            Activate { rows, columns, channels: [8, 8], activation, x: Some((&x, steps)), y: (&mut y, steps) }.run();
            let mut out = g.clone();
            let (from, to) = ((x.as_slice(), steps), (out.as_mut_slice(), steps));
            ActivateBackward { rows, columns, channels: 8, activation, x: from, g: (&g, steps), out: to, add: true }
                .run();
            for (i, (x, g)) in x.iter().zip(&g).enumerate() {
                let (x, g) = (x.to_f64(), g.to_f64());
                if x.is_nan() {
                    assert!(y[i].to_f64().is_nan(), "{activation:?}");
                    continue;
                }
                for (found, expected) in
                    [(y[i], activation.value(x)), (out[i], g + g * activation.slope(x))].map(|(a, b)| (a.to_f64(), b))
                {
                    let error = (found - expected).abs() / expected.abs().max(1e-3);
                    assert!(error <= limit, "{activation:?} at {x}: {found}, {expected}");
                }
            }
        }
    }

    #[test]
    fn values_and_slopes_are_those_of_the_activations() {
        check::<f64>(1e-13);
        check::<f32>(1e-5);
    }
}

//! The vectors with which the kernels compute, in either precision: AVX2 with FMA, or plain arrays, chosen at run time.
//!
//! A kernel is written once, over [`Lanes`], and [`dispatch`] compiles it for each instruction set. Plain arrays are vectorised
//! by the compiler on machines whose baseline has the instructions (aarch64), but lose up to half of the speed in the register
//! tiles of convolutions, so x86-64 gets its own vectors. AVX-512 brings no gain here: direct convolutions are bound by
//! multiply-adds, which Zen 4 executes in halves.

#[cfg(target_arch = "x86_64")]
mod x86;

use crate::engine::Values;

/// A vector of numbers. Loads and stores need no alignment.
pub(super) trait Lanes<F>: Copy {
    /// Numbers in the vector.
    const N: usize;

    fn splat(value: F) -> Self;

    /// # Safety
    /// `from` must be valid for reads of `N` numbers.
    unsafe fn load(from: *const F) -> Self;

    /// # Safety
    /// `to` must be valid for writes of `N` numbers.
    unsafe fn store(self, to: *mut F);

    fn add(self, other: Self) -> Self;

    fn mul(self, other: Self) -> Self;

    fn div(self, other: Self) -> Self;

    /// self * factor + term.
    fn mul_add(self, factor: Self, term: Self) -> Self;

    /// min(self, bound); NaN stays NaN.
    fn at_most(self, bound: F) -> Self;

    /// max(self, bound); NaN stays NaN.
    fn at_least(self, bound: F) -> Self;

    /// 2^n for each number n + [`Float::ROUNDER`], where n is whole and the exponent of a normal number.
    fn power_of_two(self) -> Self;

    /// self where `gate` > 0, 0 elsewhere.
    fn where_positive(self, gate: Self) -> Self;

    /// max(self, 0); NaN stays NaN.
    fn rectified(self) -> Self;

    /// One bit per number: whether it is > 0; the first number's bit is the lowest.
    fn positive_bits(self) -> u64;
}

/// A number of either precision.
pub(super) trait Float:
    bytemuck::Pod
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::AddAssign
    + 'static
{
    /// Arrays, for any machine.
    type Plain: Lanes<Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Lanes<Self>;

    /// Added to a number, it makes the last bits count whole ones.
    const ROUNDER: Self;
    /// Arguments at which the exponential is about to leave the normal numbers.
    const EXPONENTS: [Self; 2];
    /// ln 2 in two parts; the product of the first one with a small whole number is exact.
    const LN_2: [f64; 2];
    /// Number of terms of the exponential's series that are needed below ln 2 / 2.
    const TERMS: usize;

    fn from_f32(value: f32) -> Self;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn values(slice: &[Self]) -> Values<'_>;
    /// The slice itself if this is f32.
    fn single(slice: &[Self]) -> Option<&[f32]>;
    /// The slice itself if this is f32.
    fn single_mut(slice: &mut [Self]) -> Option<&mut [f32]>;
}

/// A computation that runs on any [`Lanes`]. `run` and everything it calls must be `#[inline(always)]`: only then are they
/// compiled for the instructions that [`dispatch`] found.
pub(super) trait Kernel<F: Float> {
    fn run<L: Lanes<F>>(self);
}

/// Runs `kernel` on the widest vectors of this machine.
pub(super) fn dispatch<F: Float>(kernel: impl Kernel<F>) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the features were detected just now.
        return unsafe { x86::avx2(kernel) };
    }
    kernel.run::<F::Plain>();
}

/// exp(x): 2^n times the series of the rest. Exact up to the last bit or two of the precision, except that the least and greatest
/// powers take the place of 0 and infinity.
#[inline(always)]
pub(super) fn exp<F: Float, L: Lanes<F>>(x: L) -> L {
    let number = |value: f64| L::splat(F::from_f64(value));
    let x = x.at_least(F::EXPONENTS[0]).at_most(F::EXPONENTS[1]);
    let power = x.mul_add(number(std::f64::consts::LOG2_E), L::splat(F::ROUNDER));
    let n = power.add(number(-F::ROUNDER.to_f64()));
    let rest = n.mul_add(number(-F::LN_2[1]), n.mul_add(number(-F::LN_2[0]), x));
    let mut factorial = (1..F::TERMS).map(|i| i as f64).product::<f64>();
    let mut series = number(1.0 / factorial);
    for i in (1..F::TERMS).rev() {
        factorial /= i as f64;
        series = series.mul_add(rest, number(1.0 / factorial));
    }
    series.mul(power.power_of_two())
}

macro_rules! float {
    ($float:ident, $lanes:literal, $avx2:ident, $values:ident, $single:expr, $rounder:expr, $exponents:expr,
     $ln_2:expr, $terms:literal) => {
        impl Float for $float {
            type Plain = Plain<$float, $lanes>;
            #[cfg(target_arch = "x86_64")]
            type Avx2 = x86::$avx2;

            const ROUNDER: Self = $rounder;
            const EXPONENTS: [Self; 2] = $exponents;
            const LN_2: [f64; 2] = $ln_2;
            const TERMS: usize = $terms;

            #[inline(always)]
            fn from_f32(value: f32) -> Self {
                value.into()
            }
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self.into()
            }
            fn values(slice: &[Self]) -> Values<'_> {
                Values::$values(slice)
            }
            fn single(slice: &[Self]) -> Option<&[f32]> {
                match Values::$values(slice) {
                    Values::F32(slice) => Some(slice),
                    Values::F64(_) => None,
                }
            }
            fn single_mut(slice: &mut [Self]) -> Option<&mut [f32]> {
                $single(slice)
            }
        }

        impl<const N: usize> Lanes<$float> for Plain<$float, N> {
            const N: usize = N;

            #[inline(always)]
            fn splat(value: $float) -> Self {
                Plain([value; N])
            }
            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: the caller's promise.
                Plain(unsafe { from.cast::<[$float; N]>().read() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: the caller's promise.
                unsafe { to.cast::<[$float; N]>().write(self.0) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                Plain(std::array::from_fn(|i| self.0[i] + other.0[i]))
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                Plain(std::array::from_fn(|i| self.0[i] * other.0[i]))
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                Plain(std::array::from_fn(|i| self.0[i] / other.0[i]))
            }
            #[inline(always)]
            fn at_most(self, bound: $float) -> Self {
                Plain(self.0.map(|value| if value > bound { bound } else { value }))
            }
            #[inline(always)]
            fn at_least(self, bound: $float) -> Self {
                Plain(self.0.map(|value| if value < bound { bound } else { value }))
            }
            #[inline(always)]
            fn power_of_two(self) -> Self {
                const MANTISSA: u32 = $float::MANTISSA_DIGITS - 1;
                Plain(
                    self.0
                        .map(|n| $float::from_bits((n.to_bits() << MANTISSA).wrapping_add((1.0 as $float).to_bits()))),
                )
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                // Without the instruction, `mul_add` is a slow library call.
                if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
                    Plain(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], term.0[i])))
                } else {
                    Plain(std::array::from_fn(|i| self.0[i] * factor.0[i] + term.0[i]))
                }
            }
            #[inline(always)]
            fn where_positive(self, gate: Self) -> Self {
                Plain(std::array::from_fn(|i| if gate.0[i] > 0.0 { self.0[i] } else { 0.0 }))
            }
            #[inline(always)]
            fn rectified(self) -> Self {
                Plain(self.0.map(|value| if value <= 0.0 { 0.0 } else { value }))
            }
            #[inline(always)]
            fn positive_bits(self) -> u64 {
                (0..N).map(|i| u64::from(self.0[i] > 0.0) << i).sum()
            }
        }
    };
}

float!(f32, 8, F32x8, F32, Some, 12_582_912.0, [-87.0, 88.0], [0.693_359_375, -2.121_944_400_546_905_8e-4], 8);
float!(
    f64,
    4,
    F64x4,
    F64,
    |_| None,
    6_755_399_441_055_744.0,
    [-708.0, 709.0],
    [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10],
    14
);

/// An array; vectorised as far as the compiler is able to.
#[derive(Clone, Copy)]
pub(super) struct Plain<F, const N: usize>([F; N]);

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation on one vector of numbers and special values.
    struct Operations<'a, F> {
        x: [F; 8],
        out: &'a mut Vec<f64>,
    }

    impl<F: Float> Kernel<F> for Operations<'_, F> {
        #[inline(always)]
        fn run<L: Lanes<F>>(self) {
            for at in (0..8).step_by(L::N) {
                let mut room = [F::default(); 8];
                // SAFETY: `at + N <= 8`, and `room` holds 8 numbers.
                let x = unsafe { L::load(self.x.as_ptr().add(at)) };
                let y = L::splat(F::from_f64(-0.5));
                for value in [x.add(y), x.mul_add(x, y), y.where_positive(x), x.rectified()] {
                    unsafe { value.store(room.as_mut_ptr()) };
                    self.out.extend(room[..L::N].iter().map(|value| value.to_f64()));
                }
                self.out.extend((0..L::N).map(|lane| f64::from((x.positive_bits() >> lane & 1) as u32)));
            }
        }
    }

    fn check<F: Float>() {
        let x = [1.5, -2.0, 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.25].map(F::from_f64);
        let (mut plain, mut best) = (Vec::new(), Vec::new());
        Operations { x, out: &mut plain }.run::<F::Plain>();
        dispatch(Operations { x, out: &mut best });
        let bits =
            |values: Vec<f64>| values.into_iter().map(|v| if v.is_nan() { f64::NAN } else { v }.to_bits()).collect();
        let (plain, best): (Vec<u64>, Vec<u64>) = (bits(plain), bits(best));
        assert_eq!(plain, best);
    }

    #[test]
    fn plain_arrays_and_the_machines_vectors_agree() {
        check::<f32>();
        check::<f64>();
    }
}

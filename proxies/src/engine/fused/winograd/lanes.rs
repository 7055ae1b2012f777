//! The vectors with which the kernels compute: AVX-512, AVX2 with FMA, or plain arrays, chosen at run time.
//!
//! A kernel is written once, over [`Lanes`]. The compiler vectorises plain arrays, but even compiled for AVX2 and FMA they reach
//! only 0.43, 0.53 and 0.68 of the speed at 16, 32 and 64 channels, so x86-64 gets its own vectors.

/// A vector of `N` floats.
pub(super) trait Lanes<const N: usize>: Copy {
    fn load(from: &[f32; N]) -> Self;
    fn store(self, to: &mut [f32; N]);
    fn splat(value: f32) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// self * factor + term.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// self where `gate` > 0, 0 elsewhere.
    fn where_positive(self, gate: Self) -> Self;
}

/// A computation that runs on any [`Lanes`]. `run` and everything it calls must be `#[inline(always)]`: only then are they
/// compiled for the instructions that [`Vectors::run`] found.
pub(super) trait Kernel {
    fn run<const N: usize, L: Lanes<N>>(self);
}

/// The widest vectors to use; narrower ones are used if the machine or the channels require it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "tests compare all of them"))]
pub enum Vectors {
    /// Plain arrays, vectorised by the compiler.
    Plain,
    /// 8 lanes: AVX2 and FMA.
    Eight,
    /// 16 lanes: AVX-512.
    #[default]
    Sixteen,
}

impl Vectors {
    /// Whether this machine has vectors with which these kernels are faster than direct ones.
    pub fn detected() -> bool {
        #[cfg(target_arch = "x86_64")]
        return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Runs `kernel`, on 16 lanes only if its channels come in multiples of 16 (`sixteens`).
    pub(super) fn run(self, kernel: impl Kernel, sixteens: bool) {
        #[cfg(target_arch = "x86_64")]
        {
            if self == Vectors::Sixteen && sixteens && is_x86_feature_detected!("avx512f") {
                // SAFETY: the feature was detected just now.
                return unsafe { x86::avx512(kernel) };
            }
            if self != Vectors::Plain && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the features were detected just now.
                return unsafe { x86::avx2(kernel) };
            }
        }
        let _ = sixteens;
        kernel.run::<8, Plain<8>>();
    }
}

/// An array; vectorised as far as the compiler is able to.
#[derive(Clone, Copy)]
pub(super) struct Plain<const N: usize>([f32; N]);

impl<const N: usize> Plain<N> {
    #[inline(always)]
    fn zip(self, other: Self, op: impl Fn(f32, f32) -> f32) -> Self {
        Plain(std::array::from_fn(|i| op(self.0[i], other.0[i])))
    }
}

impl<const N: usize> Lanes<N> for Plain<N> {
    #[inline(always)]
    fn load(from: &[f32; N]) -> Self {
        Plain(*from)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; N]) {
        *to = self.0;
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Plain([value; N])
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // Without the instruction, `f32::mul_add` is a slow library call.
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
            Plain(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], term.0[i])))
        } else {
            Plain(std::array::from_fn(|i| self.0[i] * factor.0[i] + term.0[i]))
        }
    }
    #[inline(always)]
    fn where_positive(self, gate: Self) -> Self {
        self.zip(gate, |a, g| if g > 0.0 { a } else { 0.0 })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Kernel, Lanes};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2<K: Kernel>(kernel: K) {
        kernel.run::<8, Avx2>();
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn avx512<K: Kernel>(kernel: K) {
        kernel.run::<16, Avx512>();
    }

    // SAFETY of all that follows: these vectors are named only by `avx2` and `avx512` above, whose callers have detected
    // the instructions; loads and stores go through references to whole arrays and need no alignment.

    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256);

    impl Lanes<8> for Avx2 {
        #[inline(always)]
        fn load(from: &[f32; 8]) -> Self {
            Avx2(unsafe { _mm256_loadu_ps(from.as_ptr()) })
        }
        #[inline(always)]
        fn store(self, to: &mut [f32; 8]) {
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn splat(value: f32) -> Self {
            Avx2(unsafe { _mm256_set1_ps(value) })
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_sub_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_mul_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul_add(self, factor: Self, term: Self) -> Self {
            Avx2(unsafe { _mm256_fmadd_ps(self.0, factor.0, term.0) })
        }
        #[inline(always)]
        fn where_positive(self, gate: Self) -> Self {
            Avx2(unsafe { _mm256_and_ps(self.0, _mm256_cmp_ps::<_CMP_GT_OQ>(gate.0, _mm256_setzero_ps())) })
        }
    }

    #[derive(Clone, Copy)]
    pub(super) struct Avx512(__m512);

    impl Lanes<16> for Avx512 {
        #[inline(always)]
        fn load(from: &[f32; 16]) -> Self {
            Avx512(unsafe { _mm512_loadu_ps(from.as_ptr()) })
        }
        #[inline(always)]
        fn store(self, to: &mut [f32; 16]) {
            unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn splat(value: f32) -> Self {
            Avx512(unsafe { _mm512_set1_ps(value) })
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Avx512(unsafe { _mm512_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Avx512(unsafe { _mm512_sub_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Avx512(unsafe { _mm512_mul_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul_add(self, factor: Self, term: Self) -> Self {
            Avx512(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
        }
        #[inline(always)]
        fn where_positive(self, gate: Self) -> Self {
            Avx512(unsafe {
                _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate.0, _mm512_setzero_ps()), self.0)
            })
        }
    }
}

//! The vectors of x86-64: AVX2 with FMA.

use super::{Float, Kernel, Lanes};
use std::arch::x86_64::*;

#[target_feature(enable = "avx2,fma")]
pub(in super::super) fn avx2<F: Float>(kernel: impl Kernel<F>) {
    kernel.run::<F::Avx2>();
}

macro_rules! avx2 {
    ($name:ident, $float:ident, $lanes:literal, $vector:ident, $splat:ident, $load:ident, $store:ident, $add:ident,
     $fma:ident, $compare:ident, $and:ident, $zero:ident, $bits:ident) => {
        #[derive(Clone, Copy)]
        pub(in super::super) struct $name($vector);

        // SAFETY of every block: this vector is named only by `avx2` above, whose caller has detected the
        // instructions; pointers are valid as the callers of `load` and `store` promise.
        impl Lanes<$float> for $name {
            const N: usize = $lanes;

            #[inline(always)]
            fn splat(value: $float) -> Self {
                $name(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                $name(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                $name(unsafe { $add(self.0, other.0) })
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                $name(unsafe { $fma(self.0, factor.0, term.0) })
            }
            #[inline(always)]
            fn where_positive(self, gate: Self) -> Self {
                $name(unsafe { $and(self.0, $compare::<_CMP_GT_OQ>(gate.0, $zero())) })
            }
            #[inline(always)]
            fn rectified(self) -> Self {
                $name(unsafe { $and(self.0, $compare::<_CMP_NLE_UQ>(self.0, $zero())) })
            }
            #[inline(always)]
            fn positive_bits(self) -> u64 {
                u64::from(unsafe { $bits($compare::<_CMP_GT_OQ>(self.0, $zero())) } as u32)
            }
        }
    };
}

avx2!(
    F32x8,
    f32,
    8,
    __m256,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_fmadd_ps,
    _mm256_cmp_ps,
    _mm256_and_ps,
    _mm256_setzero_ps,
    _mm256_movemask_ps
);
avx2!(
    F64x4,
    f64,
    4,
    __m256d,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_fmadd_pd,
    _mm256_cmp_pd,
    _mm256_and_pd,
    _mm256_setzero_pd,
    _mm256_movemask_pd
);

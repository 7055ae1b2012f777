//! The vectors of x86-64: AVX2 with FMA.

use super::{Float, Kernel, Lanes};
use std::arch::x86_64::*;

#[target_feature(enable = "avx2,fma")]
pub(in super::super) fn avx2<F: Float>(kernel: impl Kernel<F>) {
    kernel.run::<F::Avx2>();
}

macro_rules! avx2 {
    ($name:ident, $float:ident, $lanes:literal, $vector:ident, $splat:ident, $load:ident, $store:ident, $add:ident,
     $fma:ident, $compare:ident, $and:ident, $zero:ident, $bits:ident, $mul:ident, $div:ident, $min:ident, $max:ident,
     $to_bits:ident, $from_bits:ident, $shift:ident, $mantissa:literal, $add_bits:ident, $splat_bits:ident) => {
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
            fn mul(self, other: Self) -> Self {
                $name(unsafe { $mul(self.0, other.0) })
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                $name(unsafe { $div(self.0, other.0) })
            }
            #[inline(always)]
            fn at_most(self, bound: $float) -> Self {
                // If either operand is NaN, the instruction returns the second one.
                $name(unsafe { $min($splat(bound), self.0) })
            }
            #[inline(always)]
            fn at_least(self, bound: $float) -> Self {
                $name(unsafe { $max($splat(bound), self.0) })
            }
            #[inline(always)]
            fn power_of_two(self) -> Self {
                let one = (1.0 as $float).to_bits().cast_signed();
                let shifted = unsafe { $shift::<$mantissa>($to_bits(self.0)) };
                $name(unsafe { $from_bits($add_bits(shifted, $splat_bits(one))) })
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
    _mm256_movemask_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_min_ps,
    _mm256_max_ps,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
    _mm256_slli_epi32,
    23,
    _mm256_add_epi32,
    _mm256_set1_epi32
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
    _mm256_movemask_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_min_pd,
    _mm256_max_pd,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
    _mm256_slli_epi64,
    52,
    _mm256_add_epi64,
    _mm256_set1_epi64x
);

//! Prefetching of the data for the next block of tiles while the products of the current one leave the memory idle.

use super::transform::PLACES;

/// Ranges of activations that will be read or written soon.
pub(super) struct Ahead<'a, const K: usize>(pub(super) [&'a [f32]; K]);

impl<const K: usize> Ahead<'_, K> {
    /// Prefetches part `place` of 36.
    #[inline(always)]
    pub(super) fn fetch(&self, place: usize) {
        const LINE: usize = 16;
        for stretch in self.0 {
            let part = stretch.len().div_ceil(PLACES).next_multiple_of(LINE);
            for line in stretch.chunks(part.max(LINE)).nth(place).unwrap_or_default().chunks(LINE) {
                fetch_line(&line[0]);
            }
        }
    }
}

#[inline(always)]
fn fetch_line(float: &f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: this is a hint that affects only the cache; every x86-64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(float).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = float;
}

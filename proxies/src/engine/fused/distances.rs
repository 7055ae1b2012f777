//! Distances between packed codes: xor and popcount over all pairs of rows.
//!
//! Compiled for the vector popcount of AVX-512, for AVX2, for the scalar instruction, or for none of them, depending on the
//! machine. 64 codes of 1.5 million bits take 6 ms with the first, 9 ms with AVX2.

/// Number of words of each row compared at a time, chosen such that 64 rows stay in the first-level cache.
const BLOCK: usize = 64;

/// Sets `distances[n * (n - 1) / 2 + m]`, for every two rows m < n of `stride` words, to the number of bits in which they differ.
///
/// # Panics
/// If there are fewer words or distances than rows and pairs of rows.
pub(in super::super) fn between_rows(words: &[u64], stride: usize, rows: usize, distances: &mut [u64]) {
    assert!(words.len() >= rows * stride, "rows end too early");
    let distances = &mut distances[..rows * rows.saturating_sub(1) / 2];
    distances.fill(0);
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512vpopcntdq") && is_x86_feature_detected!("avx512f") {
            // SAFETY: the features were detected just now.
            return unsafe { avx512(words, stride, rows, distances) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
            // SAFETY: the features were detected just now.
            return unsafe { avx2(words, stride, rows, distances) };
        }
        if is_x86_feature_detected!("popcnt") {
            // SAFETY: the feature was detected just now.
            return unsafe { popcnt(words, stride, rows, distances) };
        }
    }
    all_pairs(words, stride, rows, distances);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512vpopcntdq,avx512f")]
fn avx512(words: &[u64], stride: usize, rows: usize, distances: &mut [u64]) {
    all_pairs(words, stride, rows, distances);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn avx2(words: &[u64], stride: usize, rows: usize, distances: &mut [u64]) {
    all_pairs(words, stride, rows, distances);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn popcnt(words: &[u64], stride: usize, rows: usize, distances: &mut [u64]) {
    all_pairs(words, stride, rows, distances);
}

#[inline(always)]
fn all_pairs(words: &[u64], stride: usize, rows: usize, distances: &mut [u64]) {
    for start in (0..stride).step_by(BLOCK) {
        let row = |n: usize| &words[n * stride + start..n * stride + stride.min(start + BLOCK)];
        let mut pairs = distances.iter_mut();
        for n in 1..rows {
            let x = row(n);
            for (m, distance) in pairs.by_ref().take(n).enumerate() {
                *distance += x.iter().zip(row(m)).map(|(x, y)| u64::from((x ^ y).count_ones())).sum::<u64>();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeronas_random::Stream;

    #[test]
    fn every_pair_is_compared_over_all_its_words() {
        let (rows, stride) = (9, 2 * BLOCK + 3);
        let stream = Stream::new("words", 0);
        let words: Vec<u64> = (0..(rows * stride) as u64).map(|i| stream.bits(i)).collect();
        let mut distances = vec![7; rows * (rows - 1) / 2];
        between_rows(&words, stride, rows, &mut distances);
        for n in 1..rows {
            for m in 0..n {
                let bits = |row: usize, i: usize| words[row * stride + i / 64] >> (i % 64) & 1;
                let expected = (0..64 * stride).filter(|&i| bits(n, i) != bits(m, i)).count() as u64;
                assert_eq!(distances[n * (n - 1) / 2 + m], expected, "rows {n} and {m}");
            }
        }
    }
}

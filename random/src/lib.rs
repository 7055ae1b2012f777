//! Randomness as a function: every number is computed from (seed, stream name, index) and nothing else.
//!
//! There is no shared state, so a value does not depend on threads, order, shards, devices or on what else was
//! drawn before it. A stream is the output sequence of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) whose state
//! starts at the 64-bit FNV-1a hash of the name, xor the seed times the golden-ratio increment:
//!
//! ```text
//! key = fnv1a64(name) xor (seed * 0x9E3779B97F4A7C15)
//! r_i = mix(key + (i + 1) * 0x9E3779B97F4A7C15)          i = 0, 1, ...; all arithmetic modulo 2^64
//! u_i = ((r_i >> 40) + 0.5) / 2^24                       exact in f64, strictly inside (0, 1)
//! z_i = sqrt(-2 ln u_2i) * cos(2 pi u_2i+1)              standard normal (Box & Muller 1958)
//! ```
//!
//! `ln`, `sqrt` and `cos` are those of the `libm` crate, so that normal variates are also the same on every platform.
//!
//! ```
//! use zeronas_random::Stream;
//! let weights = Stream::new("stem.conv.weight", 0);
//! assert_eq!(weights.uniform(7), Stream::new("stem.conv.weight", 0).uniform(7));
//! assert_ne!(weights.bits(0), Stream::new("stem.conv.weight", 1).bits(0));
//! ```
#![forbid(unsafe_code)]

const INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

/// 64-bit FNV-1a hash of `bytes`.
pub fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

/// One named, seeded sequence of random numbers, addressed by index.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream called `name` under `seed`.
    pub fn new(name: &str, seed: u64) -> Self {
        Stream { key: fnv1a64(name.as_bytes()) ^ seed.wrapping_mul(INCREMENT) }
    }

    /// The key from which all numbers of the stream are computed, for code that computes them elsewhere.
    pub fn key(&self) -> u64 {
        self.key
    }

    /// 64 uniform random bits: number `i` of the stream.
    #[inline]
    pub fn bits(&self, i: u64) -> u64 {
        let mut z = self.key.wrapping_add(i.wrapping_add(1).wrapping_mul(INCREMENT));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in the open interval (0, 1), on a grid of 2^-24.
    #[inline]
    pub fn uniform(&self, i: u64) -> f64 {
        ((self.bits(i) >> 40) as f64 + 0.5) / 16_777_216.0
    }

    /// Standard normal, from uniforms `2i` and `2i + 1` of the stream.
    pub fn normal(&self, i: u64) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.uniform(2 * i)));
        radius * libm::cos(std::f64::consts::TAU * self.uniform(2 * i + 1))
    }

    /// Integer in `0..n`: the high 31 bits modulo `n` (the generator's rule for labels). `n` must not be 0.
    #[inline]
    pub fn below(&self, i: u64, n: u64) -> u64 {
        (self.bits(i) >> 33) % n
    }

    /// Integer in `0..n`, for any `n` other than 0: numbers `2i` (high) and `2i + 1` (low) of the stream modulo `n`. If `n` is below
    /// 2^64, no integer is likelier than another by more than a part in 2^64.
    pub fn wide_below(&self, i: u64, n: u128) -> u128 {
        let high = u128::from(self.bits(i.wrapping_mul(2))) << 64;
        (high | u128::from(self.bits(i.wrapping_mul(2).wrapping_add(1)))) % n
    }

    /// A uniformly random order of `0..n`: the indices sorted by their random bits (ties by index).
    pub fn permutation(&self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_cached_key(|&i| (self.bits(i as u64), i));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix64_known_answers() {
        // Key 0 gives the published SplitMix64 sequence for state 0.
        let zero = Stream { key: 0 };
        assert_eq!(zero.bits(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(zero.bits(1), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn fnv_known_answers() {
        // From the FNV reference test vectors.
        assert_eq!(fnv1a64(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a64(b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(fnv1a64(b"foobar"), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn normal_variates_have_mean_zero_and_variance_one() {
        let stream = Stream::new("test", 3);
        let n = 20_000;
        let draws: Vec<f64> = (0..n).map(|i| stream.normal(i)).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "mean {mean}, variance {variance}");
    }

    #[test]
    fn permutation_holds_every_index_once() {
        let mut order = Stream::new("order", 1).permutation(1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn wide_draws_take_two_numbers_each() {
        let stream = Stream::new("wide", 2);
        let both = (u128::from(stream.bits(6)) << 64) | u128::from(stream.bits(7));
        assert_eq!((stream.wide_below(3, 1_000_003), stream.wide_below(3, u128::MAX)), (both % 1_000_003, both));
        assert_eq!(stream.wide_below(9, 1), 0);
    }
}

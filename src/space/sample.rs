//! Random samples of a space.

use super::{Arch, Enumerable, SearchSpace};
use crate::words::Word;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BinaryHeap, HashSet};
use zeronas_random::Stream;

/// How a sample of architectures is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Every architecture is equally likely.
    #[default]
    Uniform,
    /// As the benchmark's own programs draw, such as random matrices until one makes a cell.
    Benchmark,
}

impl Word for Sampler {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Sampler::Uniform, "uniform", "Every architecture is as likely"),
        (
            Sampler::Benchmark,
            "benchmark",
            "As the benchmark's own programs draw, such as random matrices until one makes a cell",
        ),
    ];
}

/// Number of consecutive draws without a new architecture after which sampling gives up.
const PATIENCE: usize = 100_000;

/// The same with limits, plus `FOR_EACH_FOUND` for each architecture found so far: it takes long to draw an architecture that keeps to the
/// limits, and the last of some hundreds comes late.
const PATIENCE_WITHIN_LIMITS: usize = 100;
const FOR_EACH_FOUND: usize = 20;

/// In a space too large to be looked at as a whole: how many architectures to look at for each one that is asked for, and for `FEW`
/// more, before reporting that too few keep to the limits.
const FOR_EACH: u128 = 100;
const FEW: usize = 1000;

/// Largest bound that a draw of 31 bits can have; nothing beyond it is drawn.
pub(super) const MOST_OF_A_DRAW: u128 = 1 << 31;

/// Largest size of a space of which all architectures are looked at to draw a sample. From larger spaces, architectures are drawn
/// one by one.
const MOST_LOOKED_AT: u128 = 1 << 24;

/// Draws `n` architectures of a space, none twice; with the same seed, a smaller sample is the start of a larger one.
pub fn sample(space: &dyn SearchSpace, sampler: Sampler, n: usize, seed: u64) -> Result<Vec<Arch>> {
    match (sampler, space.enumerable()) {
        (Sampler::Uniform, Some(all)) => admitted(space, all, n, seed),
        (Sampler::Uniform, None) => {
            let reason = format!("{} cannot be drawn from uniformly; `benchmark` may do", space.name());
            Err(Error::setting("sampler", reason))
        }
        (Sampler::Benchmark, _) => draw_distinct(space, n, seed),
    }
}

/// Returns the first `n` architectures in the random order that the space admits.
fn admitted(space: &dyn SearchSpace, all: &dyn Enumerable, n: usize, seed: u64) -> Result<Vec<Arch>> {
    check_size(n, all.size())?;
    let most = all.size().min((n + FEW) as u128 * FOR_EACH) as usize;
    let mut looked_at = n;
    loop {
        let mut archs = Vec::with_capacity(n);
        for place in places(all.size(), looked_at, seed)? {
            let arch = all.nth(place);
            if space.admits(&arch)? {
                archs.push(arch);
            }
            if archs.len() == n {
                return Ok(archs);
            }
        }
        if looked_at == most {
            let found = archs.len();
            let mut reason = format!("asks for {n} architectures, and of {most} only {found} keep to the limits");
            if (most as u128) < all.size() {
                reason += "; the sampler `benchmark` finds rare ones";
            }
            return Err(Error::setting("sample", reason));
        }
        looked_at = looked_at.saturating_mul(4).clamp(1, most);
    }
}

/// `n` different numbers below `count`, drawn uniformly.
pub fn sample_places(count: usize, n: usize, seed: u64) -> Result<Vec<usize>> {
    Ok(places(count as u128, n, seed)?.into_iter().map(|place| place as usize).collect())
}

fn places(count: u128, n: usize, seed: u64) -> Result<Vec<u128>> {
    check_size(n, count)?;
    Ok(if count <= MOST_LOOKED_AT { first_places(count as u64, n, seed) } else { drawn_places(count, n, seed) })
}

/// Finds the start of the random order of all places in one pass: it consists of the places with the smallest random numbers.
fn first_places(count: u64, n: usize, seed: u64) -> Vec<u128> {
    let stream = Stream::new("sample", seed);
    let mut first: BinaryHeap<(u64, u64)> = BinaryHeap::with_capacity(n + 1);
    for place in 0..count {
        let ranked = (stream.bits(place), place);
        if first.len() < n {
            first.push(ranked);
        } else if first.peek().is_some_and(|last| ranked < *last) {
            first.pop();
            first.push(ranked);
        }
    }
    first.into_sorted_vec().into_iter().map(|(_, place)| place.into()).collect()
}

/// Draws places one by one, leaving out those that have come before.
fn drawn_places(count: u128, n: usize, seed: u64) -> Vec<u128> {
    let stream = Stream::new("sample.wide", seed);
    let mut seen = HashSet::new();
    (0..).map(|draw| stream.wide_below(draw, count)).filter(|place| seen.insert(*place)).take(n).collect()
}

fn check_size(n: usize, count: u128) -> Result<()> {
    if n as u128 > count {
        return Err(Error::setting("sample", format!("asks for {n} of {count} architectures")));
    }
    if n as u128 > MOST_OF_A_DRAW {
        return Err(Error::setting(
            "sample",
            format!("asks for {n} architectures; at most {MOST_OF_A_DRAW} are drawn"),
        ));
    }
    Ok(())
}

fn draw_distinct(space: &dyn SearchSpace, n: usize, seed: u64) -> Result<Vec<Arch>> {
    if let Some(all) = space.enumerable() {
        check_size(n, all.size())?;
    }
    let stream = Stream::new("sample.benchmark", seed);
    let mut numbers = 0..;
    let mut below = |n| stream.below(numbers.next().unwrap_or(u64::MAX), n);
    let mut seen = HashSet::new();
    let mut archs = Vec::new();
    let is_limited = space.refusals().is_some();
    let mut vain = 0;
    while archs.len() < n {
        let unknown = || Error::setting("sampler", format!("{} has no program that draws", space.name()));
        let arch = space.draw(&mut below).ok_or_else(unknown)?;
        if seen.insert(arch.clone()) {
            archs.push(arch);
            vain = 0;
            continue;
        }
        vain += 1;
        let patience = if is_limited { PATIENCE_WITHIN_LIMITS + FOR_EACH_FOUND * archs.len() } else { PATIENCE };
        if vain == patience {
            let found = archs.len();
            let reason = match is_limited {
                true => format!("asks for {n} architectures, and only {found} were found that keep to the limits"),
                false => format!("the benchmark's sampler stays with {found} architectures of {n}"),
            };
            return Err(Error::setting("sample", reason));
        }
    }
    Ok(archs)
}

#[cfg(test)]
mod tests {
    use super::super::{NatsSss, NatsTss, Nb101};
    use super::*;

    #[test]
    fn a_sample_holds_no_architecture_twice_and_starts_as_a_smaller_one_does() {
        let spaces: [&dyn SearchSpace; 3] = [&NatsTss::default(), &NatsSss::default(), &Nb101::default()];
        for space in spaces {
            for sampler in [Sampler::Uniform, Sampler::Benchmark] {
                let large = sample(space, sampler, 300, 7).unwrap();
                assert_eq!(large.iter().collect::<HashSet<_>>().len(), 300);
                assert_eq!(sample(space, sampler, 20, 7).unwrap(), large[..20]);
                assert_ne!(sample(space, sampler, 20, 8).unwrap(), large[..20]);
                assert!(large.iter().all(|arch| space.parse(arch.as_str()).unwrap() == *arch));
            }
        }
    }

    #[test]
    fn more_than_there_is_is_refused() {
        let error = sample(&NatsTss::default(), Sampler::Uniform, 15_626, 0).unwrap_err();
        assert_eq!(error.to_string(), "`sample=`: asks for 15626 of 15625 architectures");
    }

    #[test]
    fn the_start_of_the_random_order_is_found_without_making_it() {
        for (count, n) in [(15_625, 300), (7, 7), (7, 0), (1, 1)] {
            let order = Stream::new("sample", 5).permutation(count);
            assert_eq!(sample_places(count, n, 5).unwrap(), order[..n]);
        }
    }

    #[test]
    fn places_of_a_space_of_any_size_are_drawn_evenly() {
        for count in [1 << 25, 104_485_552_128, 10_u128.pow(20), u128::MAX] {
            let drawn = places(count, 10_000, 1).unwrap();
            assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 10_000);
            assert_eq!(places(count, 10, 1).unwrap(), drawn[..10]);
            let below = |tenth: u128| drawn.iter().filter(|place| **place < count / 10 * tenth).count();
            assert!(drawn.iter().all(|place| *place < count));
            // Five standard deviations of a count of 10,000 draws that hit with probability .1 or .5.
            assert!((850..1_150).contains(&below(1)) && (4_750..5_250).contains(&below(5)), "{count}");
        }
    }
}

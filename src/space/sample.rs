//! Random samples of a space.

use super::{Arch, SearchSpace};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use zeronas_random::Stream;

/// How a sample of architectures is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Every architecture is as likely
    #[default]
    Uniform,
    /// As the benchmark's own programs draw (nb101: random matrices and operations until one is valid)
    Benchmark,
}

/// Draws in a row that bring nothing new, after which a sample is given up.
const PATIENCE: usize = 100_000;

/// `n` architectures of a space, none twice; a smaller sample of one seed is the start of a larger one.
pub fn sample(space: &dyn SearchSpace, sampler: Sampler, n: usize, seed: u64) -> Result<Vec<Arch>> {
    match sampler {
        Sampler::Uniform => Ok(sample_places(space.size(), n, seed)?.into_iter().map(|i| space.nth(i)).collect()),
        Sampler::Benchmark => draw_distinct(space, n, seed),
    }
}

/// `n` different numbers below `count`, drawn uniformly.
pub fn sample_places(count: usize, n: usize, seed: u64) -> Result<Vec<usize>> {
    check_size(n, count)?;
    let mut order = Stream::new("sample", seed).permutation(count);
    order.truncate(n);
    Ok(order)
}

fn check_size(n: usize, count: usize) -> Result<()> {
    if n > count {
        return Err(Error::flag("--sample", format!("asks for {n} of {count} architectures")));
    }
    Ok(())
}

fn draw_distinct(space: &dyn SearchSpace, n: usize, seed: u64) -> Result<Vec<Arch>> {
    check_size(n, space.size())?;
    let stream = Stream::new("sample.benchmark", seed);
    let mut numbers = 0..;
    let mut below = |n| stream.below(numbers.next().unwrap_or(u64::MAX), n);
    let mut seen = HashSet::new();
    let mut archs = Vec::new();
    let mut vain = 0;
    while archs.len() < n {
        let arch = space.draw(&mut below);
        if seen.insert(arch.clone()) {
            archs.push(arch);
            vain = 0;
            continue;
        }
        vain += 1;
        if vain == PATIENCE {
            let reason = format!("the benchmark's sampler stays with {} architectures of {n}", archs.len());
            return Err(Error::flag("--sample", reason));
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
        assert_eq!(error.to_string(), "--sample: asks for 15626 of 15625 architectures");
    }
}

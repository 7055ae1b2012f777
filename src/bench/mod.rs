//! `zeronas-mini`: a benchmark measured with zeronas itself, and how it is built.
//!
//! It holds a few hundred cells of NATS-Bench's topology space, all different as networks, in a skeleton of 8 channels and one cell per
//! stage, each trained for two epochs on CIFAR-10 and tested on its test images. The table is part of the program
//! (`BenchmarkTable::mini`); [`Build`] builds it again.

mod build;
mod request;
mod table;

pub use build::{Build, Summary};
pub use request::BuildRequest;

use std::collections::HashSet;

use serde::Serialize;

pub use crate::space::MINI as SPACE;
use crate::space::{Arch, Enumerable, Sampler, SearchSpace, sample};
use crate::train::{Recipe, RecipeName};
use crate::{Error, Result};

/// Everything that decides the benchmark besides its images.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    /// Number of architectures: the first of a uniform sample of the space (seed 0) that are different networks and not cut off.
    pub archs: usize,
    /// Trainings of each of the first [`Settings::repeated`] architectures, with seeds counted from 0; the others are trained
    /// once.
    pub seeds: u64,
    /// Architectures trained under every seed.
    pub repeated: usize,
    /// Number of training images: the first ones of CIFAR-10.
    pub train_images: usize,
    /// How they are trained.
    pub recipe: Recipe,
}

impl Default for Settings {
    /// The settings of the table that comes with the program.
    fn default() -> Self {
        let recipe = Recipe { epochs: 2, batch_size: 64, ..RecipeName::QUICK.recipe() };
        Settings { archs: 200, seeds: 3, repeated: 10, train_images: 50_000, recipe }
    }
}

impl Settings {
    /// The architectures.
    ///
    /// # Errors
    /// If the space does not have that many.
    pub fn architectures(&self) -> Result<Vec<Arch>> {
        let mut keys = HashSet::new();
        let mut archs = Vec::new();
        for arch in sample(&SPACE, Sampler::Uniform, SPACE.size() as usize, 0)? {
            if archs.len() == self.archs {
                break;
            }
            if SPACE.key(&arch)?.is_some_and(|key| keys.insert(key)) {
                archs.push(arch);
            }
        }
        if archs.len() < self.archs {
            let reason = format!("{} is more than the {} networks of the space", self.archs, archs.len());
            return Err(Error::setting("archs", reason));
        }
        Ok(archs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_are_distinct_networks_and_a_smaller_benchmark_is_the_start_of_a_larger_one() {
        let chosen = |archs| Settings { archs, ..Settings::default() }.architectures().unwrap();
        let large = chosen(300);
        let keys: HashSet<_> = large.iter().map(|arch| SPACE.key(arch).unwrap().unwrap()).collect();
        assert_eq!(keys.len(), 300);
        assert_eq!(chosen(20), large[..20]);
        let error = Settings { archs: 6_000, ..Settings::default() }.architectures().unwrap_err();
        assert!(error.to_string().contains("archs") && error.to_string().contains("5424"), "{error}");
    }
}

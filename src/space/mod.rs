//! Search spaces: where architectures come from, how they are written, and the networks they stand for.
//!
//! A space is a value: it carries the figures of its networks that no architecture decides, such as the number of cells
//! and the number of classes. Its default is the benchmark.

mod figures;
mod nats;
pub mod nats_sss;
pub mod nats_tss;
pub mod nb101;
pub mod networks;
mod sample;

pub(crate) use figures::check_ranges;
pub use figures::find;
pub use nats_sss::NatsSss;
pub use nats_tss::NatsTss;
pub use nb101::Nb101;
pub use networks::Networks;
pub use sample::{Sampler, sample, sample_places};

use crate::Result;
use serde_json::{Map, Value};
use std::fmt;
use zeronas_proxies::network::Network;

/// An architecture of some space, in the space's own notation. Made by a [`SearchSpace`] only, so it is well formed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arch(Box<str>);

impl Arch {
    /// As the benchmark writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One part of an architecture, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is and where.
    pub text: String,
    /// Whether it lies on a path from input to output.
    pub live: bool,
}

/// A set of architectures with their networks.
pub trait SearchSpace: Send + Sync {
    /// The field's name for it.
    fn name(&self) -> &'static str;

    /// Number of logits of its networks.
    fn classes(&self) -> usize;

    /// Side of the images that its networks take.
    fn resolution(&self) -> usize;

    /// All figures that no architecture decides, by the names of their flags.
    fn figures(&self) -> Map<String, Value>;

    /// Whether networks can be built with these figures; the error names the flag at fault.
    fn check(&self) -> Result<()>;

    /// Reads an architecture; the error says what is wrong with the text.
    fn parse(&self, text: &str) -> Result<Arch>;

    /// How many architectures there are.
    fn size(&self) -> usize;

    /// Architecture number `index` of the space's own order, below [`SearchSpace::size`].
    fn nth(&self, index: usize) -> Arch;

    /// An architecture as the benchmark's own programs draw it. `below(n)` gives a random number below `n`.
    fn draw(&self, below: &mut dyn FnMut(u64) -> u64) -> Arch {
        self.nth(below(self.size() as u64) as usize)
    }

    /// The architectures one edit away, each once, in a fixed order.
    fn neighbours(&self, arch: &Arch) -> Result<Vec<Arch>>;

    /// How many choices there are at each place of an architecture written as a sequence of choices.
    fn choices(&self) -> &'static [usize];

    /// The choices of an architecture; [`SearchSpace::decode`] makes the same network of them.
    fn encode(&self, arch: &Arch) -> Result<Vec<usize>>;

    /// The architecture of a sequence of choices, each below its number in [`SearchSpace::choices`]; `None` where they make
    /// none.
    fn decode(&self, choices: &[usize]) -> Option<Arch>;

    /// What describes an architecture to a predictor, as many numbers for each: a one for each choice that is made and a
    /// zero for each other, unless the space has something better.
    fn features(&self, arch: &Arch) -> Result<Vec<f64>> {
        let choices = self.encode(arch)?.into_iter().zip(self.choices());
        Ok(choices
            .flat_map(|(choice, &count)| (0..count).map(move |other| f64::from(u8::from(other == choice))))
            .collect())
    }

    /// A random mutation: that of the benchmark's own evolution where it has one, else one choice made anew, as each space
    /// says. `below(n)` gives a random number below `n`.
    fn mutate(&self, arch: &Arch, below: &mut dyn FnMut(u64) -> u64) -> Result<Arch>;

    /// The canonical key: equal for architectures that are the same network, `None` where no path leads from input to
    /// output.
    fn key(&self, arch: &Arch) -> Result<Option<String>>;

    /// The architecture's parts, in the order in which they are written.
    fn graph(&self, arch: &Arch) -> Result<Vec<Part>>;

    /// The network as the benchmark builds it from what is written.
    fn network(&self, arch: &Arch) -> Result<Network>;

    /// The canonical network, one for all architectures of a key: dead layers removed, tensors named by their place in
    /// the canonical cell. `None` where no path leads from input to output.
    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>>;

    /// The space itself if [`SearchSpace::check`] has nothing against it.
    fn checked(self) -> Result<Self>
    where
        Self: Sized,
    {
        self.check()?;
        Ok(self)
    }
}

/// All architectures of a space, in its order.
pub fn enumerate(space: &dyn SearchSpace) -> impl Iterator<Item = Arch> + '_ {
    (0..space.size()).map(|index| space.nth(index))
}

//! Search spaces: where architectures come from, how they are written, and the networks they stand for.

pub mod nats_tss;

pub use nats_tss::NatsTss;

use crate::{Error, Result};
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

/// The part of a network that is the same for all architectures of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skeleton {
    /// Output channels of the stem.
    pub channels: usize,
    /// Cells in each stage.
    pub cells: usize,
    /// Logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for Skeleton {
    /// The benchmark's on CIFAR-10: 16 channels, 5 cells a stage, 10 classes, 32 x 32 images.
    fn default() -> Self {
        Skeleton { channels: 16, cells: 5, classes: 10, resolution: 32 }
    }
}

impl Skeleton {
    /// The skeleton itself if its networks can be built.
    pub fn checked(self) -> Result<Self> {
        for (flag, value) in [("--channels", self.channels), ("--cells", self.cells), ("--classes", self.classes)] {
            if value == 0 {
                return Err(Error::flag(flag, "must be at least 1"));
            }
        }
        // Far above any benchmark; keeps a mistyped number from asking for all memory.
        for (flag, value, most) in [
            ("--channels", self.channels, 1024),
            ("--cells", self.cells, 100),
            ("--classes", self.classes, 100_000),
            ("--resolution", self.resolution, 1024),
        ] {
            if value > most {
                return Err(Error::flag(flag, format!("must be at most {most}, not {value}")));
            }
        }
        if self.resolution == 0 || !self.resolution.is_multiple_of(4) {
            return Err(Error::flag("--resolution", format!("must be a multiple of 4, not {}", self.resolution)));
        }
        Ok(self)
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

    /// Reads an architecture; the error says what is wrong with the text.
    fn parse(&self, text: &str) -> Result<Arch>;

    /// How many architectures there are.
    fn size(&self) -> usize;

    /// Architecture number `index` of the space's own order, below [`SearchSpace::size`].
    fn nth(&self, index: usize) -> Arch;

    /// The canonical key: equal for architectures that are the same network, `None` where no path leads from input to
    /// output.
    fn key(&self, arch: &Arch) -> Result<Option<String>>;

    /// The architecture's parts, in the order in which they are written.
    fn graph(&self, arch: &Arch) -> Result<Vec<Part>>;

    /// The network as the benchmark writes it, dead layers and all.
    fn network(&self, arch: &Arch, skeleton: &Skeleton) -> Result<Network>;

    /// The canonical network: dead layers removed, tensors named by their place in the canonical cell. `None` where no
    /// path leads from input to output.
    fn canonical_network(&self, arch: &Arch, skeleton: &Skeleton) -> Result<Option<Network>>;
}

/// The spaces, by name.
pub fn find(name: &str) -> Result<&'static dyn SearchSpace> {
    match name {
        "nats-tss" => Ok(&NatsTss),
        _ => Err(Error::flag("--space", format!("`{name}` is not a space; there is nats-tss"))),
    }
}

/// All architectures of a space, in its order.
pub fn enumerate(space: &dyn SearchSpace) -> impl Iterator<Item = Arch> + '_ {
    (0..space.size()).map(|index| space.nth(index))
}

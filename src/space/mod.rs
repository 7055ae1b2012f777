//! Search spaces: where architectures come from, how they are written, and the networks they stand for.
//!
//! A space is a value that carries its *macro settings*: the settings of its networks that no architecture decides, such as the
//! number of cells and the number of classes. Its default is the benchmark.
//!
//! [`SearchSpace`] is what every space must provide: its name, its macro settings, how to read an architecture, and its network. A
//! space whose architectures are sequences of choices also implements [`Encoded`] and gets neighbours, mutations and features from it;
//! one whose architectures can be numbered implements [`Enumerable`].

mod accel_nb;
mod archs;
mod benchmark;
mod blocks;
mod choice;
mod complete;
mod constraint;
mod designed;
pub(crate) mod drawing;
mod guess;
pub mod import;
mod macro_settings;
mod made;
mod mobile;
mod nats;
pub mod nb101;
mod nb301;
mod nb_macro;
pub mod networks;
mod notation;
pub mod places;
pub mod query;
mod registry;
mod sample;
mod short;
mod show;
mod transnas;

pub use accel_nb::{AccelNb, Act};
pub use archs::{ArchChoice, Archs, Names};
pub use benchmark::{Benchmark, MacroSetting, Naslib, Values};
pub use choice::SpaceChoice;
pub use constraint::{Columns, Constrained, Constraint, Extent, Measure};
pub use designed::Designed;
pub use drawing::{Drawing, Edge, Graph, Vertex};
pub use guess::guess;
pub(crate) use macro_settings::check_ranges;
pub use made::Made;
pub use nats::{MINI, Mini, NatsSss, NatsTss};
pub use nb_macro::NbMacro;
pub use nb101::{Module, Nb101};
pub use nb301::{Nb301, Variant};
pub use networks::Networks;
pub(crate) use notation::bare;
pub(crate) use registry::ranked_by;
pub use registry::{DEFAULT, all, as_published, benchmark, find, names};
pub use sample::{Sampler, sample, sample_places};
pub(crate) use short::arch_cell;
pub use show::ShowRequest;
pub use transnas::{TransnasMacro, TransnasMicro};

use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;
use zeronas_datasets::image::CHANNELS;
use zeronas_datasets::sha256_hex;
use zeronas_proxies::network::{Network, Shape};

/// An architecture of some space, in the space's own notation. Only a [`SearchSpace`] makes one, so it is well formed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arch(Box<str>);

impl Arch {
    /// Makes an architecture from its text. Meant for implementations of [`SearchSpace`], which have checked the text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Arch(text.into())
    }

    /// The architecture as the benchmark writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A human-readable description of one part of an architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What the part is and where it is.
    pub text: String,
    /// Whether it lies on a path from input to output.
    pub live: bool,
}

/// Whether images of this shape are like those of image sets: square, with three channels.
fn is_picture(shape: Shape) -> bool {
    shape.channels == CHANNELS && shape.height == shape.width
}

/// Checks that a space's networks can take the images of image sets.
pub(crate) fn check_takes_pictures(space: &dyn SearchSpace) -> Result<()> {
    if is_picture(space.input()) {
        return Ok(());
    }
    let reason = format!(
        "images are square and of {CHANNELS} channels, and these networks take {}; there are synthetic and noise",
        space.input()
    );
    Err(Error::setting("images", reason))
}

/// A set of architectures with their networks.
pub trait SearchSpace: Send + Sync {
    /// The name by which the space is known.
    fn name(&self) -> &str;

    /// All settings of its networks that no architecture decides, by name; `classes` and `resolution` are among them.
    fn macro_settings(&self) -> Map<String, Value>;

    /// Reads an architecture, in the benchmark's notation or another one in use. Nothing may surround the text; an error says what is
    /// wrong with it.
    fn read(&self, text: &str) -> Result<Arch>;

    /// Builds the network as the benchmark builds it from the architecture as written.
    fn network(&self, arch: &Arch) -> Result<Network>;

    /// Reads an architecture; blanks, a byte order mark and quotes around it are ignored.
    fn parse(&self, text: &str) -> Result<Arch> {
        self.read(bare(text))
    }

    /// Whether the space admits an architecture: always, unless it has limits ([`Constrained`]).
    ///
    /// # Errors
    /// If this cannot be determined.
    fn admits(&self, _arch: &Arch) -> Result<bool> {
        Ok(true)
    }

    /// Describes what the limits have left out so far; `None` if there are no limits.
    fn refusals(&self) -> Option<String> {
        None
    }

    /// The quantities that are limited, each with its value for an architecture; empty if there are no limits.
    ///
    /// # Errors
    /// If a value cannot be measured.
    fn limited(&self, _arch: &Arch) -> Result<Vec<(String, Option<f64>)>> {
        Ok(Vec::new())
    }

    /// Whose order applies to an architecture that is given as a number; `None` if none may be.
    fn index_order(&self) -> Option<&'static str> {
        None
    }

    /// The number by which an architecture may be given, if it has one.
    fn index(&self, _arch: &Arch) -> Option<u64> {
        None
    }

    /// Whether networks can be built with these macro settings; the error names the one at fault.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Number of logits of its networks.
    fn classes(&self) -> usize {
        macro_settings::number(&self.macro_settings(), "classes")
    }

    /// Side of the images that its networks take.
    fn resolution(&self) -> usize {
        macro_settings::number(&self.macro_settings(), "resolution")
    }

    /// Shape of the images that its networks take.
    fn input(&self) -> Shape {
        Shape::new(CHANNELS, self.resolution(), self.resolution())
    }

    /// The space as one whose architectures are numbered, if they are.
    fn enumerable(&self) -> Option<&dyn Enumerable> {
        None
    }

    /// The space as one whose architectures are sequences of choices, if they are.
    fn encoded(&self) -> Option<&dyn Encoded> {
        None
    }

    /// Draws an architecture as the benchmark's own programs do. `below(n)` gives a random number below `n`, which is at most 2^31.
    /// `None` if the space has no way to draw.
    fn draw(&self, below: &mut dyn FnMut(u64) -> u64) -> Option<Arch> {
        match (self.enumerable(), self.encoded()) {
            (Some(all), _) if all.size() <= sample::MOST_OF_A_DRAW => Some(all.nth(below(all.size() as u64).into())),
            (_, Some(codes)) => Some(codes.draw(below)),
            _ => None,
        }
    }

    /// Returns the architectures one edit away, each once, in a fixed order: by default, those that differ in one choice. Empty if the
    /// space cannot make one architecture from another.
    fn neighbours(&self, arch: &Arch) -> Result<Vec<Arch>> {
        self.encoded().map_or_else(|| Ok(Vec::new()), |codes| codes.one_choice_away(arch))
    }

    /// Makes a random mutation: that of the benchmark's own evolutionary search if it has one, else another choice at one place.
    /// `below(n)` gives a random number below `n`.
    fn mutate(&self, arch: &Arch, below: &mut dyn FnMut(u64) -> u64) -> Result<Arch> {
        let unknown = || Error::Architecture { text: arch.to_string(), reason: "this space has no mutations".into() };
        self.encoded().ok_or_else(unknown)?.another_choice(arch, below)
    }

    /// Returns the numbers that describe an architecture to a predictor, equally many for every architecture: by default, a one for
    /// each choice that is made and a zero for every other.
    fn features(&self, arch: &Arch) -> Result<Vec<f64>> {
        self.encoded().map_or_else(|| Ok(Vec::new()), |codes| codes.one_hot(arch))
    }

    /// Builds the canonical network, shared by all architectures with the same key: dead layers are removed and, where the space can
    /// recognise networks that are equal up to the order of their parts, tensors are named by their place in the one that represents
    /// them all. `None` if no path leads from input to output.
    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        Ok(self.network(arch)?.live_part()?)
    }

    /// The canonical key: equal for architectures that are the same network, `None` where no path leads from input to output.
    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        self.canonical_network(arch)?.as_ref().map(network_key).transpose()
    }

    /// The architecture's parts, in the order in which they are written.
    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        Ok(layers(&self.network(arch)?))
    }

    /// Draws the architecture: its network, unless the space has a drawing that says more.
    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        Ok(Drawing::of_network(&self.network(arch)?))
    }

    /// Returns the space itself if [`SearchSpace::check`] accepts it.
    fn checked(self) -> Result<Self>
    where
        Self: Sized,
    {
        self.check()?;
        Ok(self)
    }
}

/// A space whose architectures are numbered from 0.
pub trait Enumerable {
    /// How many architectures there are.
    fn size(&self) -> u128;

    /// Architecture number `index` of the space's own order, below [`Enumerable::size`].
    fn nth(&self, index: u128) -> Arch;
}

/// A space whose architectures are sequences of choices.
pub trait Encoded {
    /// How many choices there are at each place, at least two.
    fn choices(&self) -> &[usize];

    /// Returns the choices of an architecture, from which [`Encoded::decode`] makes the same network.
    fn encode(&self, arch: &Arch) -> Result<Vec<usize>>;

    /// Returns the architecture that a sequence of choices makes, each below its number in [`Encoded::choices`]; `None` if they make
    /// none.
    fn decode(&self, choices: &[usize]) -> Option<Arch>;
}

impl dyn Encoded + '_ {
    /// Draws every choice at random, until they make an architecture.
    pub fn draw(&self, below: &mut dyn FnMut(u64) -> u64) -> Arch {
        loop {
            let choices: Vec<usize> = self.choices().iter().map(|&count| below(count as u64) as usize).collect();
            if let Some(arch) = self.decode(&choices) {
                return arch;
            }
        }
    }

    /// The architectures that differ in one choice, each once.
    fn one_choice_away(&self, arch: &Arch) -> Result<Vec<Arch>> {
        let chosen = self.encode(arch)?;
        let edits = self.choices().iter().enumerate().flat_map(|(place, &count)| (0..count).map(move |c| (place, c)));
        let changed = edits.filter(|&(place, choice)| chosen[place] != choice).filter_map(|(place, choice)| {
            let mut choices = chosen.clone();
            choices[place] = choice;
            self.decode(&choices)
        });
        // A choice about a part that an architecture lacks changes nothing.
        let mut known = HashSet::from([arch.clone()]);
        Ok(changed.filter(|other| known.insert(other.clone())).collect())
    }

    /// Draws a place and another choice there, until they make an architecture.
    fn another_choice(&self, arch: &Arch, below: &mut dyn FnMut(u64) -> u64) -> Result<Arch> {
        let chosen = self.encode(arch)?;
        loop {
            let place = below(chosen.len() as u64) as usize;
            let count = self.choices()[place];
            let mut choices = chosen.clone();
            choices[place] = (chosen[place] + 1 + below(count as u64 - 1) as usize) % count;
            if let Some(mutant) = self.decode(&choices) {
                return Ok(mutant);
            }
        }
    }

    /// A one for each choice that is made and a zero for each other.
    fn one_hot(&self, arch: &Arch) -> Result<Vec<f64>> {
        let choices = self.encode(arch)?.into_iter().zip(self.choices());
        Ok(choices
            .flat_map(|(choice, &count)| (0..count).map(move |other| f64::from(u8::from(other == choice))))
            .collect())
    }
}

/// The key that tells networks apart: SHA-256 of their JSON.
fn network_key(net: &Network) -> Result<String> {
    Ok(sha256_hex([networks::json_of(net, None)?.as_bytes()]))
}

/// A network's layers in words.
fn layers(net: &Network) -> Vec<Part> {
    let parts = net.layers().iter().zip(net.live()).skip(1).map(|(layer, live)| {
        let inputs: Vec<&str> = layer.inputs.iter().map(|&id| net.layer(id).name.as_str()).collect();
        let (inputs, kind) = (inputs.join(" + "), layer.op.kind());
        Part { text: format!("{inputs} -> {}: {kind} {}", layer.name, layer.shape), live }
    });
    parts.collect()
}

/// Largest number of architectures that are listed one by one.
const MOST_LISTED: u128 = 1 << 24;

/// All architectures of a space, in its order.
///
/// # Errors
/// Names the setting `all` where the space cannot be listed.
pub fn enumerate(space: &dyn SearchSpace) -> Result<impl Iterator<Item = Arch> + '_> {
    let all = numbered(space, "all", MOST_LISTED)?;
    Ok((0..all.size()).map(|index| all.nth(index)))
}

/// Returns the space as a numbered one of at most `most` architectures; an error names `setting`, which asks for them.
pub(crate) fn numbered<'a>(space: &'a dyn SearchSpace, setting: &str, most: u128) -> Result<&'a dyn Enumerable> {
    let name = space.name();
    let all = space.enumerable().ok_or_else(|| Error::setting(setting, format!("{name} cannot be listed")))?;
    if all.size() > most {
        let reason = format!("{name} has {} architectures; draw a sample instead", all.size());
        return Err(Error::setting(setting, reason));
    }
    Ok(all)
}

/// Returns the space as one whose architectures are sequences of choices, which `what` needs.
pub(crate) fn encoded<'a>(space: &'a dyn SearchSpace, what: &str) -> Result<&'a dyn Encoded> {
    let name = space.name();
    let reason = || format!("{what} needs architectures that are sequences of choices; those of {name} are not");
    space.encoded().ok_or_else(|| Error::setting("space", reason()))
}

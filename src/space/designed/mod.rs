//! The user's own search spaces, read from a file: a stem, stages of blocks and a head, each setting a value or a list to choose from.
//!
//! `docs/own-spaces.md` describes the file, [`Design`] what it holds, [`genes`] how architectures are written.

mod blocks;
mod choice;
mod design;
mod genes;
#[cfg(test)]
mod tests;

pub use choice::{Block, Choice};
pub use design::{Design, Head, Stage, Stem};

use super::blocks::{activation, conv_bn, head};
use super::{Arch, Encoded, Enumerable, Part, SearchSpace, benchmark};
use crate::{Error, Result};
use blocks::Settled;
use choice::{Gate, Operation};
use genes::{Key, Picks, Segment, segments};
use serde_json::{Map, Value, json};
use std::path::Path;
use zeronas_proxies::network::{AveragePool, BatchNorm, Conv, Network, NetworkBuilder, Op, Shape};

/// The macro settings of such spaces: those that every space has, and the description itself, so that a score file's manifest holds it.
pub const SETTINGS: [&str; 3] = ["classes", "resolution", DESIGN];

/// The macro setting that holds the description.
pub(super) const DESIGN: &str = "design";

/// The endings of the names of files with spaces: TOML, JSON and YAML of the same form.
const ENDINGS: [&str; 4] = [".toml", ".json", ".yaml", ".yml"];

/// A search space that a file describes.
#[derive(Clone, Debug)]
pub struct Designed {
    design: Design,
    segments: Vec<Segment>,
    choices: Vec<usize>,
    size: Option<u128>,
    /// Whether the space comes with the program: its name identifies it, and its description stays out of the macro settings.
    is_built_in: bool,
}

impl Designed {
    /// Whether a space's name is that of a file.
    pub fn is_file(name: &str) -> bool {
        ENDINGS.iter().any(|ending| name.ends_with(ending))
    }

    /// Reads the space in a file, with the classes and the resolution that are asked for.
    ///
    /// # Errors
    /// Names the file, and the line or key in it.
    pub fn read(path: &Path, asked: &[(&str, Value)]) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path, "cannot be read"))?;
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        let design = match ending.as_ref() {
            "json" => serde_json::from_str(&text).map_err(|error| error.to_string()),
            "yaml" | "yml" => serde_saphyr::from_str(&text).map_err(|error| error.to_string()),
            _ => toml::from_str(&text).map_err(|error| error.to_string()),
        };
        let at_fault = |reason: String| Error::file(path, reason);
        let mut design: Design = design.map_err(at_fault)?;
        if design.name.is_empty() {
            design.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        }
        design.check().map_err(at_fault)?;
        design.put(asked)?;
        Designed::new(design).map_err(|error| match error {
            Error::Setting { reason, .. } => at_fault(reason),
            other => at_fault(other.to_string()),
        })
    }

    /// The space of a description.
    ///
    /// # Errors
    /// Names what is wrong with it.
    pub fn new(design: Design) -> Result<Self> {
        let fault = |reason: String| Error::setting("space", reason);
        design.check().map_err(fault)?;
        if benchmark(&design.name).is_some() {
            return Err(fault(format!("`name`: {} is the name of a space that comes with the program", design.name)));
        }
        Designed::built(design, false)
    }

    /// A space that comes with the program.
    pub(super) fn built_in(design: Design) -> Result<Self> {
        design.check().map_err(Error::Internal)?;
        Designed::built(design, true)
    }

    fn built(design: Design, is_built_in: bool) -> Result<Self> {
        let fault = |reason: String| Error::setting("space", reason);
        let segments = segments(&design);
        let choices: Vec<usize> = segments.iter().flat_map(Segment::choices).collect();
        if choices.is_empty() {
            return Err(fault(
                "nothing in it is a list, so that there is one network; write what is to be chosen as a list".into(),
            ));
        }
        let size = segments.iter().try_fold(1_u128, |product, segment| product.checked_mul(segment.size()?));
        let space = Designed { design, segments, choices, size, is_built_in };
        // The first and the last value of every choice show whether networks can be built at all.
        for pick in [|_: usize| 0, |count: usize| count - 1] {
            let picked: Vec<usize> = space.choices.iter().map(|&count| pick(count)).collect();
            space.network_of(&space.picks(&picked)).map_err(|error| fault(error.to_string()))?;
        }
        Ok(space)
    }

    /// Makes the space that a manifest describes, as JSON or as its text, with the classes and the resolution that are asked for.
    pub(super) fn of_manifest(design: &Value, asked: &[(&str, Value)]) -> Result<Self> {
        let design = match design {
            Value::String(text) => serde_json::from_str(text),
            design => serde_json::from_value(design.clone()),
        };
        let mut design: Design =
            design.map_err(|error| Error::setting(DESIGN, format!("describes no space: {error}")))?;
        design.put(asked)?;
        Designed::new(design)
    }

    fn picks(&self, choices: &[usize]) -> Vec<Picks> {
        let mut rest = choices;
        let of = self.segments.iter().map(|segment| {
            let own;
            (own, rest) = rest.split_at(segment.choices().len());
            segment.picks(own)
        });
        of.collect()
    }

    fn write(&self, picks: &[Picks]) -> Arch {
        let open = self.segments.iter().zip(picks).filter(|(segment, _)| !segment.is_empty());
        Arch::new(open.map(|(segment, picks)| segment.write(picks)).collect::<Vec<_>>().join("|"))
    }

    fn parts(&self, text: &str) -> Result<Vec<Picks>> {
        let bad = |reason: String| Error::Architecture { text: text.into(), reason };
        let parts: Vec<&str> = text.split('|').collect();
        let open = self.segments.iter().filter(|segment| !segment.is_empty()).count();
        if parts.len() != open {
            let parts = parts.len();
            return Err(bad(format!(
                "an architecture of {} is {open} parts joined by `|`, this has {parts}",
                self.design.name
            )));
        }
        let mut parts = parts.into_iter();
        let picks = self.segments.iter().map(|segment| match segment.is_empty() {
            true => Ok(Picks::default()),
            false => segment.read(parts.next().unwrap_or_default()).map_err(bad),
        });
        picks.collect()
    }

    /// What is chosen for every block, stage by stage.
    fn settled(&self, picks: &[Picks], mut input: usize) -> Vec<Vec<Settled>> {
        let act = self.design.activation.0[picks[0].at(Key::Activation, 0)];
        let stages = self.design.stages.iter().zip(&picks[1..]).map(|(stage, picks)| {
            let at = |key, block| picks.at(key, block);
            let channels = stage.channels.as_ref().map_or(input, |channels| channels.0[at(Key::Channels, 0)]);
            input = channels;
            let (depth, stride) = (stage.depth.0[at(Key::Depth, 0)], stage.stride.0[at(Key::Stride, 0)]);
            let block = |i: usize| {
                let option = stage.options.get(at(Key::Option, i));
                let own = option.and_then(|option| option.block);
                let listed = stage.block.as_ref().map(|blocks| blocks.0[at(Key::Block, i)]);
                let number = |own: Option<usize>, listed: &Option<Choice<usize>>, key| {
                    own.or_else(|| listed.as_ref().map(|values| values.0[at(key, i)]))
                };
                let activation = option.and_then(|option| option.activation);
                let activation =
                    activation.or_else(|| stage.activation.as_ref().map(|values| values.0[at(Key::Activation, i)]));
                let gate = option.and_then(|option| option.gate);
                let gate = gate.or_else(|| stage.gate.as_ref().map(|values| values.0[at(Key::Gate, i)]));
                let nodes = stage.nodes.iter().enumerate().map(|(to, edges)| {
                    let operation = |(from, edge): (usize, &Choice<Operation>)| edge.0[at(Key::Edge(from, to + 1), i)];
                    edges.iter().enumerate().map(operation).collect()
                });
                Settled {
                    block: own.or(listed).unwrap_or(Block::Identity),
                    channels,
                    stride: if i == 0 { stride } else { 1 },
                    kernel: number(option.and_then(|option| option.kernel), &stage.kernel, Key::Kernel).unwrap_or(3),
                    expansion: number(option.and_then(|option| option.expansion), &stage.expansion, Key::Expansion),
                    activation: activation.unwrap_or(act).0,
                    gate: gate.unwrap_or_default(),
                    nodes: nodes.collect(),
                }
            };
            (0..depth).map(block).collect()
        });
        stages.collect()
    }

    fn network_of(&self, picks: &[Picks]) -> Result<Network> {
        let Design { activation: acts, stem, head: end, classes, resolution, .. } = &self.design;
        let act = acts.0[picks[0].at(Key::Activation, 0)].0;
        let mut net = NetworkBuilder::new(Shape::new(3, *resolution, *resolution))?;
        let mut images = net.input();
        let [shrink, channels, kernel] =
            [(Key::Shrink, &stem.shrink), (Key::Channels, &stem.channels), (Key::Kernel, &stem.kernel)]
                .map(|(key, values)| values.0[picks[0].at(key, 0)]);
        if shrink > 1 {
            // What is left over at the edges is averaged, too.
            let pool = AveragePool { ceil: true, ..AveragePool::new(shrink, shrink, 0) };
            images = net.add("stem.shrink", Op::AveragePool(pool), &[images])?;
        }
        let mut x = conv_bn(&mut net, "stem.", ["conv", "bn"], Conv::same(channels, kernel, stem.stride), images)?;
        if stem.activate {
            x = activation(&mut net, "stem.act".into(), act, x)?;
        }
        net.mark_boundary(x);
        for (s, blocks) in self.settled(picks, channels).iter().enumerate() {
            // Blocks without layers are not counted, so that it does not matter where in their stage they stand.
            let mut count = 0;
            for block in blocks {
                let made = block.add(&mut net, &format!("stage{s}.block{count}."), x)?;
                if made != x {
                    count += 1;
                    x = made;
                    net.mark_boundary(x);
                }
            }
        }
        if let Some(channels) = &end.channels {
            let channels = channels.0[picks[picks.len() - 1].at(Key::Channels, 0)];
            x = conv_bn(&mut net, "head.", ["conv", "bn"], Conv::new(channels, 1), x)?;
        } else if end.norm {
            x = net.add("head.bn", Op::BatchNorm(BatchNorm::new()), &[x])?;
        }
        if end.channels.is_some() || end.norm {
            x = activation(&mut net, "head.act".into(), act, x)?;
        }
        let logits = head(&mut net, *classes, x)?;
        Ok(net.finish(logits)?)
    }
}

impl SearchSpace for Designed {
    fn name(&self) -> &str {
        &self.design.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        let Design { classes, resolution, .. } = self.design;
        let mut design = json!(self.design);
        // These are settings of their own, since images may have decided them.
        for name in ["classes", "resolution"] {
            design.as_object_mut().and_then(|design| design.remove(name));
        }
        let settings = [("classes", json!(classes)), ("resolution", json!(resolution)), (DESIGN, design)];
        let settings = settings.into_iter().filter(|(name, _)| *name != DESIGN || !self.is_built_in);
        settings.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn read(&self, text: &str) -> Result<Arch> {
        self.parts(text).map(|picks| self.write(&picks))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let bad = |error: Error| Error::Architecture { text: arch.to_string(), reason: error.to_string() };
        self.network_of(&self.parts(arch.as_str())?).map_err(bad)
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        self.size.is_some().then_some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let picks = self.parts(arch.as_str())?;
        let [stem, shrink] = [(Key::Channels, &self.design.stem.channels), (Key::Shrink, &self.design.stem.shrink)]
            .map(|(key, values)| values.0[picks[0].at(key, 0)]);
        let shrunk = if shrink > 1 { format!(", images shrunk by {shrink}") } else { String::new() };
        let first = Part { text: format!("stem: {stem} channels{shrunk}"), live: true };
        let stages = self.settled(&picks, stem);
        let blocks = stages.iter().enumerate().flat_map(|(s, blocks)| {
            blocks.iter().enumerate().map(move |(b, block)| Part { text: described(s, b, block), live: true })
        });
        Ok(std::iter::once(first).chain(blocks).collect())
    }
}

fn described(stage: usize, block: usize, settled: &Settled) -> String {
    let Settled { block: kind, channels, stride, kernel, expansion, activation, gate, .. } = settled;
    let mut text = format!("stage {}, block {}: {kind}, {channels} channels", stage + 1, block + 1);
    if *stride > 1 {
        text += &format!(", stride {stride}");
    }
    if !matches!(kind, Block::Cell | Block::Identity) {
        text += &format!(", kernel {kernel}");
        if let Some(expansion) = expansion {
            text += &format!(", expansion {expansion}");
        }
        text += &format!(", {}", activation.name());
    }
    if *gate == Gate::Se {
        text += ", squeeze-excite";
    }
    text
}

impl Enumerable for Designed {
    fn size(&self) -> u128 {
        self.size.unwrap_or(u128::MAX)
    }

    /// The last part varies fastest.
    fn nth(&self, index: u128) -> Arch {
        let mut rest = index;
        let mut picks: Vec<Picks> = self
            .segments
            .iter()
            .rev()
            .map(|segment| {
                let size = segment.size().unwrap_or(u128::MAX);
                let own = segment.nth(rest % size);
                rest /= size;
                own
            })
            .collect();
        picks.reverse();
        self.write(&picks)
    }
}

impl Encoded for Designed {
    /// For the stem, each stage and the head: what is chosen once, then what is chosen for every block the stage may have.
    fn choices(&self) -> &[usize] {
        &self.choices
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        let picks = self.parts(arch.as_str())?;
        Ok(self.segments.iter().zip(&picks).flat_map(|(segment, picks)| segment.sequence(picks)).collect())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let fits = choices.len() == self.choices.len() && choices.iter().zip(&self.choices).all(|(c, n)| c < n);
        fits.then(|| self.write(&self.picks(choices)))
    }
}

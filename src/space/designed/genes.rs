//! What an architecture of a designed space chooses, how that is written, and how it is numbered.
//!
//! An architecture has a segment for the stem, each stage and the head, if these leave something open; segments are joined by `|`. A segment
//! is its choices joined by `.`; if each block of a stage is chosen separately, it is the common choices, then each block's, joined by `/`.

use super::choice::{Choice, token};
use super::design::{Design, Stage, Vary};
use crate::space::places;
use serde::Serialize;

/// What a choice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Activation,
    Channels,
    Kernel,
    Depth,
    Stride,
    Shrink,
    Block,
    Expansion,
    Gate,
    Option,
    /// The edge from this node of a cell to a later one.
    Edge(usize, usize),
}

/// One choice and the words for what can be chosen, two or more.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    key: Key,
    words: Vec<String>,
}

/// The choices of a part of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The name of the part in errors.
    label: String,
    /// Choices made once.
    shared: Vec<Place>,
    /// Choices made for every block.
    each: Vec<Place>,
    /// The possible numbers of blocks.
    depths: Vec<usize>,
}

/// What is chosen for a part: the place of the value among its values, for every choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picks {
    shared: Vec<(Key, usize)>,
    /// The same for every block, if blocks are chosen separately.
    each: Vec<Vec<(Key, usize)>>,
}

impl Picks {
    /// The index of the value that is chosen for block `block`; that of the first value if there is no choice.
    pub fn at(&self, key: Key, block: usize) -> usize {
        let own = self.each.get(block).into_iter().flatten();
        own.chain(&self.shared).find(|(known, _)| *known == key).map_or(0, |(_, place)| *place)
    }
}

/// The choices of each part of a space: of the stem, with the space's activation first, then of the stages, then of the head.
pub fn segments(design: &Design) -> Vec<Segment> {
    let mut stem = Vec::new();
    add(&mut stem, Key::Activation, "", &design.activation);
    add(&mut stem, Key::Shrink, "r", &design.stem.shrink);
    add(&mut stem, Key::Channels, "c", &design.stem.channels);
    add(&mut stem, Key::Kernel, "k", &design.stem.kernel);
    let mut head = Vec::new();
    design.head.channels.iter().for_each(|channels| add(&mut head, Key::Channels, "c", channels));
    let once = |label: &str, shared| Segment { label: label.into(), shared, each: Vec::new(), depths: vec![1] };
    let stages = design.stages.iter().enumerate().map(|(i, stage)| of_stage(i, stage));
    std::iter::once(once("the stem", stem)).chain(stages).chain([once("the head", head)]).collect()
}

fn of_stage(i: usize, stage: &Stage) -> Segment {
    let (mut shared, mut each) = (Vec::new(), Vec::new());
    add(&mut shared, Key::Depth, "d", &stage.depth);
    stage.channels.iter().for_each(|channels| add(&mut shared, Key::Channels, "c", channels));
    add(&mut shared, Key::Stride, "s", &stage.stride);
    if !stage.options.is_empty() {
        let names = Choice(stage.options.iter().map(|option| option.name.clone()).collect());
        add(&mut each, Key::Option, "", &names);
    }
    stage.block.iter().for_each(|block| add(&mut each, Key::Block, "", block));
    stage.kernel.iter().for_each(|kernel| add(&mut each, Key::Kernel, "k", kernel));
    stage.expansion.iter().for_each(|expansion| add(&mut each, Key::Expansion, "e", expansion));
    stage.activation.iter().for_each(|activation| add(&mut each, Key::Activation, "", activation));
    stage.gate.iter().for_each(|gate| add(&mut each, Key::Gate, "", gate));
    for (to, edges) in stage.nodes.iter().enumerate() {
        for (from, operation) in edges.iter().enumerate() {
            add(&mut each, Key::Edge(from, to + 1), "", operation);
        }
    }
    let label = format!("stage {}", i + 1);
    let depths = stage.depth.0.clone();
    match stage.vary {
        Vary::Block => Segment { label, shared, each, depths },
        Vary::Stage => Segment { label, shared: [shared, each].concat(), each: Vec::new(), depths },
    }
}

/// Adds a setting if it is a choice.
fn add<T: Serialize>(places: &mut Vec<Place>, key: Key, letter: &str, choice: &Choice<T>) {
    if choice.0.len() > 1 {
        places.push(Place { key, words: choice.0.iter().map(|value| token(letter, value)).collect() });
    }
}

impl Segment {
    /// Whether there is nothing to choose.
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.each.is_empty()
    }

    fn depth(&self, shared: &[usize]) -> usize {
        let place = self.shared.iter().position(|place| place.key == Key::Depth);
        self.depths[place.map_or(0, |place| shared[place])]
    }

    fn most(&self) -> usize {
        self.depths.iter().copied().max().unwrap_or(1)
    }

    /// The number of values of each choice; there are separate choices for as many blocks as the stage may have.
    pub fn choices(&self) -> Vec<usize> {
        [counts(&self.shared), counts(&self.each).repeat(self.most())].concat()
    }

    /// Returns the picks of a sequence as described at [`Segment::choices`]. What it says about blocks beyond the stage's depth is ignored.
    pub fn picks(&self, choices: &[usize]) -> Picks {
        let (shared, each) = choices.split_at(self.shared.len());
        let keyed = |places: &[Place], choices: &[usize]| {
            places.iter().map(|place| place.key).zip(choices.iter().copied()).collect::<Vec<_>>()
        };
        let depth = if self.each.is_empty() { 0 } else { self.depth(shared) };
        let blocks = each.chunks_exact(self.each.len().max(1)).take(depth);
        Picks { shared: keyed(&self.shared, shared), each: blocks.map(|block| keyed(&self.each, block)).collect() }
    }

    /// The sequence of some picks; blocks that are not there have the first value of everything.
    pub fn sequence(&self, picks: &Picks) -> Vec<usize> {
        let of = |picks: &Vec<(Key, usize)>| picks.iter().map(|(_, place)| *place).collect::<Vec<_>>();
        let mut choices = of(&picks.shared);
        picks.each.iter().for_each(|block| choices.extend(of(block)));
        choices.resize(self.shared.len() + self.each.len() * self.most(), 0);
        choices
    }

    /// Writes picks.
    pub fn write(&self, picks: &Picks) -> String {
        let words = |places: &[Place], picks: &[(Key, usize)]| {
            let words = places.iter().zip(picks).map(|(place, (_, pick))| place.words[*pick].as_str());
            words.collect::<Vec<_>>().join(".")
        };
        let shared = (!self.shared.is_empty()).then(|| words(&self.shared, &picks.shared));
        let blocks = picks.each.iter().map(|block| words(&self.each, block));
        shared.into_iter().chain(blocks).collect::<Vec<_>>().join("/")
    }

    /// Reads picks; the error says what is wrong.
    pub fn read(&self, text: &str) -> Result<Picks, String> {
        let label = &self.label;
        let (first, blocks): (Option<&str>, Vec<&str>) = match self.shared.is_empty() {
            true => (None, text.split('/').collect()),
            false => (text.split('/').next(), text.split('/').skip(1).collect()),
        };
        let shared = first.map_or(Ok(Vec::new()), |first| read_words(&self.shared, first));
        let shared = shared.map_err(|reason| format!("{label}: {reason}"))?;
        let places: Vec<usize> = shared.iter().map(|(_, place)| *place).collect();
        let depth = if self.each.is_empty() { 0 } else { self.depth(&places) };
        if blocks.len() != depth {
            return Err(format!("{label}: {depth} blocks are chosen one by one, and `{text}` has {}", blocks.len()));
        }
        let blocks = blocks.into_iter().enumerate().map(|(i, block)| {
            read_words(&self.each, block).map_err(|reason| format!("{label}, block {}: {reason}", i + 1))
        });
        Ok(Picks { shared, each: blocks.collect::<Result<_, _>>()? })
    }

    /// The number of possible picks; `None` if there are too many to be counted.
    pub fn size(&self) -> Option<u128> {
        let all = product(self.shared.iter().filter(|place| place.key != Key::Depth))?;
        all.checked_mul(self.depths.iter().try_fold(0_u128, |sum, &depth| sum.checked_add(self.of_depth(depth)?))?)
    }

    /// The number of possible picks for the blocks of a stage of this depth.
    fn of_depth(&self, depth: usize) -> Option<u128> {
        product(&self.each)?.checked_pow(depth.try_into().ok()?)
    }

    /// Picks number `index`, below [`Segment::size`]: the last block varies fastest, then the number of blocks.
    pub fn nth(&self, index: u128) -> Picks {
        let per_shared = self.depths.iter().filter_map(|&depth| self.of_depth(depth)).sum::<u128>().max(1);
        let (outer, mut inner) = (index / per_shared, index % per_shared);
        let mut at = 0;
        for (place, count) in self.depths.iter().map(|&depth| self.of_depth(depth).unwrap_or(0)).enumerate() {
            at = place;
            if inner < count {
                break;
            }
            inner -= count;
        }
        let open: Vec<usize> =
            self.shared.iter().filter(|place| place.key != Key::Depth).map(|place| place.words.len()).collect();
        let mut chosen = places::nth(&open, outer).into_iter();
        let shared = self.shared.iter().map(|place| match place.key {
            Key::Depth => at,
            _ => chosen.next().unwrap_or(0),
        });
        let each = places::nth(&counts(&self.each).repeat(self.depths[at]), inner);
        self.picks(&shared.chain(each).collect::<Vec<_>>())
    }
}

fn counts(places: &[Place]) -> Vec<usize> {
    places.iter().map(|place| place.words.len()).collect()
}

fn product<'a>(places: impl IntoIterator<Item = &'a Place>) -> Option<u128> {
    places.into_iter().try_fold(1_u128, |product, place| product.checked_mul(place.words.len() as u128))
}

fn read_words(places: &[Place], text: &str) -> Result<Vec<(Key, usize)>, String> {
    let words: Vec<&str> = text.split('.').collect();
    let all = || places.iter().map(|place| place.words.join(" or ")).collect::<Vec<_>>().join(", then ");
    if words.len() != places.len() {
        return Err(format!("`{text}` must be {}, joined by `.`", all()));
    }
    let read = places.iter().zip(words).map(|(place, word)| {
        let found = place.words.iter().position(|known| known == word);
        found.map(|found| (place.key, found)).ok_or_else(|| format!("`{word}` must be {}", place.words.join(" or ")))
    });
    read.collect()
}

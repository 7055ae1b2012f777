//! `nats-sss`: the size space of NATS-Bench.
//!
//! One cell, [`CELL`], stands once in each of three stages; the search is over the number of channels in five places: of
//! the first cell (and the stem), the first reduction, the second cell, the second reduction and the third cell. Each is
//! one of eight widths: 8^5 = 32,768 architectures, written `8:16:24:32:40`, in the benchmark's own order. Where a cell's
//! input has other channels than its output, its skip connection is a 1x1 convolution with batch norm and without ReLU.
//!
//! Source: Dong et al. 2021 (NATS-Bench).

use super::tss::{Edges, Operation, network};
use super::{Skeleton, Stage};
use crate::space::macro_settings::{self, MOST_CLASSES, check_ranges, check_resolution};
use crate::space::notation::{self, Literal};
use crate::space::{Arch, Drawing, Encoded, Enumerable, Part, SearchSpace};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeronas_proxies::network::Network;

/// The cell of all architectures:
/// `|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|`.
pub const CELL: Edges = Edges([
    Operation::Conv3x3,
    Operation::Conv3x3,
    Operation::Conv3x3,
    Operation::SkipConnect,
    Operation::Conv3x3,
    Operation::Conv3x3,
]);

/// The widths that a place can have.
pub const WIDTHS: [usize; 8] = [8, 16, 24, 32, 40, 48, 56, 64];

/// The places whose widths make an architecture.
const PLACES: [&str; 5] = ["stem and stage 0", "reduction 0", "stage 1", "reduction 1", "stage 2"];

/// The space's name.
pub(super) const NAME: &str = "nats-sss";

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatsSss {
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for NatsSss {
    /// The benchmark's settings on CIFAR-10: 10 classes, 32 x 32 images.
    fn default() -> Self {
        NatsSss { classes: 10, resolution: 32 }
    }
}

impl NatsSss {
    /// The five widths of an architecture.
    pub fn widths(&self, arch: &Arch) -> Result<[usize; 5]> {
        read(arch.as_str())
    }
}

/// Reads five widths; the error says which is wrong and how.
fn read(text: &str) -> Result<[usize; 5]> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let width = |(i, word): (usize, &str)| {
        let found = WIDTHS.into_iter().find(|width| width.to_string() == word);
        found.ok_or_else(|| {
            let widths = WIDTHS.map(|width| width.to_string()).join(", ");
            bad(format!("width {} is `{word}`, not one of {widths}", i + 1))
        })
    };
    let widths = text.split(':').enumerate().map(width).collect::<Result<Vec<usize>>>()?;
    let count = widths.len();
    widths.try_into().map_err(|_| bad(format!("five widths are joined by `:`, this has {count}")))
}

fn write(widths: [usize; 5]) -> Arch {
    Arch(widths.map(|width| width.to_string()).join(":").into())
}

impl SearchSpace for NatsSss {
    fn name(&self) -> &str {
        NAME
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("classes", self.classes, 1..=MOST_CLASSES)])?;
        check_resolution(self.resolution, 2)
    }

    /// Widths joined by `:`, the benchmark's index, or five numbers in brackets.
    fn read(&self, text: &str) -> Result<Arch> {
        if let Some(index) = notation::index(text) {
            let bad = || format!("the benchmark's indices end at {}", self.size() - 1);
            let index = Some(u128::from(index)).filter(|index| *index < self.size());
            return index.map(|i| self.nth(i)).ok_or_else(|| Error::Architecture { text: text.into(), reason: bad() });
        }
        let counts = || Literal::read(text).ok()?.counts();
        match counts().filter(|_| notation::is_literal(text)) {
            Some(widths) => {
                let joined: Vec<String> = widths.iter().map(usize::to_string).collect();
                read(&joined.join(":")).map(write)
            }
            None => read(text).map(write),
        }
    }

    fn index_order(&self) -> Option<&'static str> {
        Some("NATS-Bench's")
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }

    /// One of the five widths drawn anew; it may stay as it is.
    fn mutate(&self, arch: &Arch, below: &mut dyn FnMut(u64) -> u64) -> Result<Arch> {
        let mut widths = self.widths(arch)?;
        let place = below(PLACES.len() as u64) as usize;
        widths[place] = WIDTHS[below(WIDTHS.len() as u64) as usize];
        Ok(write(widths))
    }

    /// The architecture itself: no two are the same network.
    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(Some(arch.to_string()))
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let places = PLACES.into_iter().zip(self.widths(arch)?);
        Ok(places.map(|(place, width)| Part { text: format!("{place}: {width} channels"), live: true }).collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        Ok(Drawing::chain(self.widths(arch)?.map(|width| format!("{width} ch"))))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let [first, to_second, second, to_third, third] = self.widths(arch)?;
        let stages = [(first, first), (to_second, second), (to_third, third)];
        let stages = stages.map(|(entry, cells)| Stage { entry, cells });
        let skeleton = Skeleton { stages, cells: 1, classes: self.classes, resolution: self.resolution };
        skeleton.network(|net, name, input, channels| network::written(net, name, CELL, input, channels))
    }

    /// The network as written: the cell has no dead edges.
    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        self.network(arch).map(Some)
    }
}

impl Enumerable for NatsSss {
    fn size(&self) -> u128 {
        WIDTHS.len().pow(PLACES.len() as u32) as u128
    }

    /// The benchmark's index: the last width varies fastest.
    fn nth(&self, index: u128) -> Arch {
        let (index, base) = (index as usize, WIDTHS.len());
        write(std::array::from_fn(|place| WIDTHS[index / base.pow((PLACES.len() - 1 - place) as u32) % base]))
    }
}

impl Encoded for NatsSss {
    fn choices(&self) -> &[usize] {
        const { &[WIDTHS.len(); PLACES.len()] }
    }

    /// The index of each width among `WIDTHS`.
    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(self.widths(arch)?.map(|width| width / WIDTHS[0] - 1).to_vec())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let widths: Option<Vec<usize>> = choices.iter().map(|&choice| WIDTHS.get(choice).copied()).collect();
        Some(write(widths?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_cell_is_the_benchmarks() {
        let text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";
        assert_eq!(CELL.to_string(), text);
    }

    #[test]
    fn what_is_read_is_written_back() {
        let space = NatsSss::default();
        for text in ["8:16:24:32:40", "64:64:64:64:64"] {
            assert_eq!(space.parse(&format!(" {text}\n")).unwrap().as_str(), text);
        }
        assert_eq!(space.nth(0).as_str(), "8:8:8:8:8");
        assert_eq!(space.nth(space.size() - 1).as_str(), "64:64:64:64:64");
        for text in ["(8, 16, 24, 32, 40)", "[8,16,24,32,40]", "668", "668.0", "\"8:16:24:32:40\""] {
            assert_eq!(space.parse(text).unwrap().as_str(), "8:16:24:32:40");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, reason) in [
            ("8:8:12:8:8", "width 3 is `12`, not one of 8, 16, "),
            ("8:8:8:8", "this has 4"),
            ("8:8:8:8:8:8", "this has 6"),
            ("8:8:8:8:", "width 5 is ``"),
            ("08:8:8:8:8", "width 1 is `08`"),
            ("", "width 1 is ``"),
            ("32768", "indices end at 32767"),
            ("(8, 8, 8, 8)", "this has 4"),
            ("(8, 8, 8, 8", "width 1 is `(8, 8, 8, 8`"),
        ] {
            let message = NatsSss::default().parse(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    #[test]
    fn choices_are_read_back_and_a_mutation_draws_one_width_anew() {
        let space = NatsSss::default();
        for index in (0..space.size()).step_by(97) {
            let arch = space.nth(index);
            assert_eq!(space.decode(&space.encode(&arch).unwrap()), Some(arch));
        }
        assert_eq!(space.encode(&space.parse("8:16:24:32:64").unwrap()).unwrap(), [0, 1, 2, 3, 7]);
        assert_eq!((space.decode(&[0; 4]), space.decode(&[8; 5])), (None, None));
        let mut rolls = [4, 7].into_iter();
        let mutant = space.mutate(&space.nth(0), &mut |n| rolls.next().unwrap() % n).unwrap();
        assert_eq!(mutant.as_str(), "8:8:8:8:64");
    }

    #[test]
    fn neighbours_differ_in_one_width() {
        let space = NatsSss::default();
        let neighbours = space.neighbours(&space.nth(777)).unwrap();
        assert_eq!(neighbours.iter().collect::<HashSet<_>>().len(), 35);
        assert!(!neighbours.contains(&space.nth(777)));
    }
}

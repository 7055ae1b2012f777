//! `nats-tss`: the topology space of NATS-Bench, which is NAS-Bench-201.
//!
//! A cell has four nodes; node 0 is its input, node 3 its output, and every pair of nodes i < j is joined by one of five
//! operations: 5^6 = 15,625 architectures. Node j is the sum of its edges' results. The network repeats the cell in three
//! stages of growing width. An architecture is written as `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, node by node, edges by source.
//!
//! Source: Dong & Yang 2020 (NAS-Bench-201), Dong et al. 2021 (NATS-Bench).

pub(super) mod network;
mod notation;
mod order;

use super::{Skeleton, Stage};
use crate::Result;
use crate::space::complete::{self, Carries, EDGES, NODES};
use crate::space::macro_settings::{self, MOST_CLASSES, check_ranges, check_resolution};
use crate::space::{Arch, Drawing, Encoded, Enumerable, Part, SearchSpace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use zeronas_proxies::network::{Cell, Network};

/// The operation on an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Nothing gets through.
    None,
    /// The value itself.
    SkipConnect,
    /// ReLU, 1x1 convolution, batch norm.
    Conv1x1,
    /// ReLU, 3x3 convolution, batch norm.
    Conv3x3,
    /// 3x3 average pool, padding not counted.
    AvgPool3x3,
}

impl Operation {
    /// All operations in the benchmark's order.
    pub const ALL: [Operation; 5] =
        [Operation::None, Operation::SkipConnect, Operation::Conv1x1, Operation::Conv3x3, Operation::AvgPool3x3];

    /// The benchmark's name.
    pub fn name(self) -> &'static str {
        match self {
            Operation::None => "none",
            Operation::SkipConnect => "skip_connect",
            Operation::Conv1x1 => "nor_conv_1x1",
            Operation::Conv3x3 => "nor_conv_3x3",
            Operation::AvgPool3x3 => "avg_pool_3x3",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The operations on the six edges, in written order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edges(pub [Operation; 6]);

impl Edges {
    /// Each edge's target, source and operation, in written order.
    pub fn iter(self) -> impl Iterator<Item = (usize, usize, Operation)> {
        EDGES.into_iter().zip(self.0).map(|((target, source), operation)| (target, source, operation))
    }

    /// The cell as operations on sums: skips and node sums dissolved.
    pub fn cell(self) -> Cell<Operation> {
        complete::cell(self.0.map(|operation| match operation {
            Operation::None => Carries::Nothing,
            Operation::SkipConnect => Carries::Itself,
            _ => Carries::Result(operation),
        }))
    }

    /// For each edge, in written order: whether it lies on a path from the input to the output.
    pub fn live(self) -> [bool; 6] {
        complete::live(self.0.map(|operation| operation != Operation::None))
    }
}

/// The space's name.
pub(super) const NAME: &str = "nats-tss";

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatsTss {
    /// Output channels of the stem; they double with each reduction.
    pub channels: usize,
    /// Cells in each stage.
    pub cells: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for NatsTss {
    /// The benchmark's settings on CIFAR-10: 16 channels, 5 cells per stage, 10 classes, 32 x 32 images.
    fn default() -> Self {
        NatsTss { channels: 16, cells: 5, classes: 10, resolution: 32 }
    }
}

impl NatsTss {
    /// The operations of an architecture.
    pub fn edges(&self, arch: &Arch) -> Result<Edges> {
        notation::own(arch.as_str())
    }

    fn skeleton(&self) -> Skeleton {
        let &NatsTss { channels, cells, classes, resolution } = self;
        let stages = [1, 2, 4].map(|factor| Stage { entry: factor * channels, cells: factor * channels });
        Skeleton { stages, cells, classes, resolution }
    }
}

impl From<Edges> for Arch {
    fn from(edges: Edges) -> Self {
        Arch(edges.to_string().into())
    }
}

impl SearchSpace for NatsTss {
    fn name(&self) -> &str {
        NAME
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[
            ("channels", self.channels, 1..=1024),
            ("cells", self.cells, 1..=100),
            ("classes", self.classes, 1..=MOST_CLASSES),
        ])?;
        check_resolution(self.resolution, 2)
    }

    /// Reads the benchmark's string or index, NASLib's numbers or NNI's dictionary.
    fn read(&self, text: &str) -> Result<Arch> {
        notation::read(text).map(Arch::from)
    }

    fn index_order(&self) -> Option<&'static str> {
        Some("NATS-Bench's")
    }

    fn index(&self, arch: &Arch) -> Option<u64> {
        order::index(self.edges(arch).ok()?)
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }

    /// Puts another operation on one edge. A node is drawn first, then an edge into it, so that the one edge into the first node is
    /// drawn as often as the three into the last together.
    fn mutate(&self, arch: &Arch, below: &mut dyn FnMut(u64) -> u64) -> Result<Arch> {
        let mut edges = self.edges(arch)?;
        let node = 1 + below(NODES as u64 - 1) as usize;
        let first: usize = (1..node).sum();
        let edge = &mut edges.0[first + below(node as u64) as usize];
        let shift = 1 + below(Operation::ALL.len() as u64 - 1) as usize;
        *edge = Operation::ALL[(*edge as usize + shift) % Operation::ALL.len()];
        Ok(edges.into())
    }

    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(self.edges(arch)?.cell().canonical().map(|cell| cell.to_string()))
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let edges = self.edges(arch)?;
        let parts = edges.iter().zip(edges.live()).filter(|((.., operation), _)| *operation != Operation::None);
        Ok(parts
            .map(|((target, source, operation), live)| Part {
                text: format!("node {source} -> node {target}: {operation}"),
                live,
            })
            .collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let carries = |operation: Operation| (operation != Operation::None).then(|| operation.name());
        Ok(complete::drawing(self.edges(arch)?.0.map(carries)))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let edges = self.edges(arch)?;
        self.skeleton().network(|net, name, input, channels| network::written(net, name, edges, input, channels))
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        let Some(cell) = self.edges(arch)?.cell().canonical() else { return Ok(None) };
        let add = |net: &mut _, name: &_, input, channels| network::canonical(net, name, &cell, input, channels);
        self.skeleton().network(add).map(Some)
    }
}

impl Enumerable for NatsTss {
    fn size(&self) -> u128 {
        order::SIZE.into()
    }

    /// The last edge varies fastest, operations in the benchmark's order. It is not the benchmark's index.
    fn nth(&self, index: u128) -> Arch {
        order::plain(index as usize).into()
    }
}

impl Encoded for NatsTss {
    fn choices(&self) -> &[usize] {
        const { &[Operation::ALL.len(); EDGES.len()] }
    }

    /// The place of each edge's operation in the benchmark's order.
    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(self.edges(arch)?.0.map(|operation| operation as usize).to_vec())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let operations: Option<Vec<Operation>> =
            choices.iter().map(|&choice| Operation::ALL.get(choice).copied()).collect();
        Some(Edges(operations?.try_into().ok()?).into())
    }
}

#[cfg(test)]
mod tests;

//! `nats-tss`: the topology space of NATS-Bench, which is NAS-Bench-201.
//!
//! A cell has four nodes; node 0 is its input, node 3 its output, and every pair of nodes i < j is joined by one of five
//! operations: 5^6 = 15,625 architectures. Node j is the sum of its edges' results. The network repeats the cell in three
//! stages of growing width. Written as `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, node by node, edges by source.
//!
//! Source: Dong & Yang 2020 (NAS-Bench-201), Dong et al. 2021 (NATS-Bench).

mod network;
mod notation;

use super::{Arch, Part, SearchSpace, Skeleton};
use crate::Result;
use std::fmt;
use zeronas_proxies::network::{Cell, Network, Vertex};

/// What stands on an edge.
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

/// Number of nodes of a cell.
const NODES: usize = 4;

/// The edges as (target, source), in the order in which they are written.
const EDGES: [(usize, usize); 6] = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)];

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
        let mut nodes: [Vec<usize>; NODES] = [vec![0], vec![], vec![], vec![]];
        let mut vertices = Vec::new();
        for (target, source, operation) in self.iter() {
            match operation {
                Operation::None => {}
                Operation::SkipConnect => {
                    let terms = nodes[source].clone();
                    nodes[target].extend(terms);
                }
                _ => {
                    vertices.push(Vertex { op: operation, inputs: nodes[source].clone() });
                    nodes[target].push(vertices.len());
                }
            }
        }
        let [.., output] = nodes;
        Cell { vertices, output }
    }

    /// For each edge, in written order: whether it lies on a path from the input to the output.
    pub fn live(self) -> [bool; 6] {
        let mut fed = [true, false, false, false];
        let mut used = [false, false, false, true];
        let carries = self.0.map(|operation| operation != Operation::None);
        // Edges stand in order of their targets, so one sweep each way settles every node.
        for (&(target, source), _) in EDGES.iter().zip(carries).filter(|(_, carries)| *carries) {
            fed[target] |= fed[source];
        }
        for (&(target, source), _) in EDGES.iter().zip(carries).rev().filter(|(_, carries)| *carries) {
            used[source] |= used[target];
        }
        std::array::from_fn(|i| carries[i] && fed[EDGES[i].1] && used[EDGES[i].0])
    }
}

/// The space itself.
#[derive(Clone, Copy, Debug)]
pub struct NatsTss;

impl NatsTss {
    /// The operations of an architecture.
    pub fn edges(&self, arch: &Arch) -> Result<Edges> {
        notation::parse(arch.as_str())
    }
}

impl From<Edges> for Arch {
    fn from(edges: Edges) -> Self {
        Arch(edges.to_string().into())
    }
}

impl SearchSpace for NatsTss {
    fn name(&self) -> &'static str {
        "nats-tss"
    }

    fn parse(&self, text: &str) -> Result<Arch> {
        notation::parse(text).map(Arch::from)
    }

    fn size(&self) -> usize {
        Operation::ALL.len().pow(EDGES.len() as u32)
    }

    /// The last edge varies fastest, operations in the benchmark's order. It is not the benchmark's index.
    fn nth(&self, index: usize) -> Arch {
        let base = Operation::ALL.len();
        let digit = |place: usize| index / base.pow((EDGES.len() - 1 - place) as u32) % base;
        Edges(std::array::from_fn(|place| Operation::ALL[digit(place)])).into()
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

    fn network(&self, arch: &Arch, skeleton: &Skeleton) -> Result<Network> {
        network::written(self.edges(arch)?, skeleton)
    }

    fn canonical_network(&self, arch: &Arch, skeleton: &Skeleton) -> Result<Option<Network>> {
        let cell = self.edges(arch)?.cell().canonical();
        cell.map(|cell| network::canonical(&cell, skeleton)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::super::enumerate;
    use super::*;
    use std::collections::{BTreeMap, HashSet};

    fn all() -> impl Iterator<Item = Edges> {
        enumerate(&NatsTss).map(|arch| NatsTss.edges(&arch).unwrap())
    }

    #[test]
    fn the_space_has_15625_architectures_of_which_15284_are_connected() {
        let distinct: HashSet<Edges> = all().collect();
        assert_eq!(distinct.len(), 15_625);
        assert_eq!(distinct.iter().filter(|edges| edges.cell().canonical().is_some()).count(), 15_284);
    }

    /// The counts below are the literature's; they hold the network that is cut off everywhere as one more.
    #[test]
    fn of_which_9445_have_no_dead_edges() {
        // A dead edge carries something (it is not `none`) but lies on no path: NAS-Bench-Suite-Zero's subset.
        let clean =
            all().filter(|edges| edges.0.iter().zip(edges.live()).all(|(op, live)| live || *op == Operation::None));
        assert_eq!(clean.count(), 9_445);
    }

    #[test]
    fn and_5425_canonical_networks() {
        let keys: HashSet<Option<String>> =
            all().map(|edges| edges.cell().canonical().map(|c| c.to_string())).collect();
        assert_eq!(keys.len(), 5_425);
    }

    #[test]
    fn or_5260_if_equal_pools_of_one_value_were_merged() {
        let merged = |edges: Edges| edges.cell().canonical().and_then(|cell| merge_pools(&cell).canonical());
        assert_eq!(all().map(merged).collect::<HashSet<_>>().len(), 5_260);
    }

    #[test]
    fn the_official_unique_strings_are_6466() {
        assert_eq!(all().map(unique_string).collect::<HashSet<_>>().len(), 6_466);
    }

    #[test]
    fn liveness_of_edges_agrees_with_the_canonical_cell() {
        for edges in all() {
            let live = edges.live();
            let operations = |keep: &dyn Fn(usize) -> bool| {
                let mut counts = BTreeMap::new();
                for (i, op) in edges.0.iter().enumerate().filter(|(i, op)| keep(*i) && **op >= Operation::Conv1x1) {
                    *counts.entry(*op).or_insert(0) += usize::from(i < 6);
                }
                counts
            };
            let mut expected = BTreeMap::new();
            for vertex in edges.cell().canonical().map(|cell| cell.vertices).unwrap_or_default() {
                *expected.entry(vertex.op).or_insert(0) += 1;
            }
            assert_eq!(operations(&|i| live[i]), expected, "{edges}");
        }
    }

    /// Pools have no weights, so pools of one sum are one value.
    fn merge_pools(cell: &Cell<Operation>) -> Cell<Operation> {
        let mut places = vec![0];
        let mut vertices: Vec<Vertex<Operation>> = Vec::new();
        for vertex in &cell.vertices {
            let mut inputs: Vec<usize> = vertex.inputs.iter().map(|&value| places[value]).collect();
            inputs.sort_unstable();
            let vertex = Vertex { op: vertex.op, inputs };
            let twin = vertices.iter().position(|other| vertex.op == Operation::AvgPool3x3 && *other == vertex);
            places.push(twin.unwrap_or(vertices.len()) + 1);
            if twin.is_none() {
                vertices.push(vertex);
            }
        }
        Cell { vertices, output: cell.output.iter().map(|&value| places[value]).collect() }
    }

    /// The benchmark's `to_unique_str(consider_zero=True)`, which unfolds shared nodes.
    fn unique_string(edges: Edges) -> String {
        let mut nodes = vec!["0".to_string()];
        for node in 1..NODES {
            let mut terms: Vec<String> = edges
                .iter()
                .filter(|(target, ..)| *target == node)
                .map(|(_, source, op)| match (op, nodes[source].as_str()) {
                    (Operation::None, _) | (_, "#") => "#".into(),
                    (Operation::SkipConnect, text) => text.into(),
                    (op, text) => format!("({text})@{op}"),
                })
                .collect();
            terms.sort();
            nodes.push(terms.join("+"));
        }
        nodes.pop().unwrap()
    }
}

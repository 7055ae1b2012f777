//! Cells of four nodes in which every pair is joined: node 0 is the input, node 3 the output, and every node but the input is the sum
//! of its incoming edges.

use super::{Drawing, Graph};
use crate::Result;
use zeronas_proxies::network::{Cell, LayerId, NetworkBuilder, Vertex};

/// Number of nodes.
pub(super) const NODES: usize = 4;

/// The edges as (target, source), node by node.
pub(super) const EDGES: [(usize, usize); 6] = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)];

/// What an edge does to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries<O> {
    /// Nothing gets through.
    Nothing,
    /// The value itself.
    Itself,
    /// The result of an operation on it.
    Result(O),
}

/// Turns the cell into operations on sums: node sums, and edges that carry the value itself, are dissolved.
pub(super) fn cell<O>(edges: [Carries<O>; 6]) -> Cell<O> {
    let mut nodes: [Vec<usize>; NODES] = [vec![0], vec![], vec![], vec![]];
    let mut vertices = Vec::new();
    for ((target, source), carries) in EDGES.into_iter().zip(edges) {
        match carries {
            Carries::Nothing => {}
            Carries::Itself => {
                let terms = nodes[source].clone();
                nodes[target].extend(terms);
            }
            Carries::Result(op) => {
                vertices.push(Vertex { op, inputs: nodes[source].clone() });
                nodes[target].push(vertices.len());
            }
        }
    }
    let [.., output] = nodes;
    Cell { vertices, output }
}

/// For each edge: whether it lies on a path from the input to the output, given which edges carry anything.
pub(super) fn live(carries: [bool; 6]) -> [bool; 6] {
    let mut fed = [true, false, false, false];
    let mut used = [false, false, false, true];
    // Edges stand in order of their targets, so one sweep each way settles every node.
    for (&(target, source), _) in EDGES.iter().zip(carries).filter(|(_, carries)| *carries) {
        fed[target] |= fed[source];
    }
    for (&(target, source), _) in EDGES.iter().zip(carries).rev().filter(|(_, carries)| *carries) {
        used[source] |= used[target];
    }
    std::array::from_fn(|i| carries[i] && fed[EDGES[i].1] && used[EDGES[i].0])
}

/// Draws the cell with the operations on its edges, `None` where nothing gets through.
pub(super) fn drawing(operations: [Option<&'static str>; 6]) -> Drawing {
    let live = live(operations.map(|operation| operation.is_some()));
    let drawn = EDGES.into_iter().zip(operations).zip(live);
    let drawn = drawn.filter_map(|(((target, source), operation), live)| Some((source, target, operation?, live)));
    Graph::of_sums(&["in", "1", "2", "out"], drawn).into()
}

/// Adds a cell as written: `edge` adds the operation on edge number `i`, called `NAME.edge{target}_{source}`, and returns its result.
pub(super) fn written(
    net: &mut NetworkBuilder,
    name: &str,
    input: LayerId,
    mut edge: impl FnMut(&mut NetworkBuilder, usize, &str, LayerId) -> Result<LayerId>,
) -> Result<LayerId> {
    let mut nodes = vec![input];
    for node in 1..NODES {
        let mut terms = Vec::with_capacity(node);
        for (i, (target, source)) in EDGES.into_iter().enumerate().filter(|(_, (target, _))| *target == node) {
            terms.push(edge(net, i, &format!("{name}.edge{target}_{source}"), nodes[source])?);
        }
        nodes.push(net.sum(format!("{name}.node{node}"), &terms)?);
    }
    Ok(nodes[NODES - 1])
}

/// Adds a canonical cell: `apply` adds an operation, called `NAME.op{v}` by its place in the cell, from 1.
pub(super) fn canonical<O: Copy>(
    net: &mut NetworkBuilder,
    name: &str,
    cell: &Cell<O>,
    input: LayerId,
    mut apply: impl FnMut(&mut NetworkBuilder, &str, O, LayerId) -> Result<LayerId>,
) -> Result<LayerId> {
    let mut values = vec![input];
    let mut sums: Vec<(&[usize], LayerId)> = Vec::new();
    // Operations that read the same sum share it.
    let mut sum = |net: &mut NetworkBuilder, values: &[LayerId], terms, name: String| -> Result<LayerId> {
        if let Some((_, known)) = sums.iter().find(|(known, _)| *known == terms) {
            return Ok(*known);
        }
        let layers: Vec<LayerId> = <[usize]>::iter(terms).map(|&value| values[value]).collect();
        let layer = net.sum(name, &layers)?;
        sums.push((terms, layer));
        Ok(layer)
    };
    for (i, vertex) in cell.vertices.iter().enumerate() {
        let place = format!("{name}.op{}", i + 1);
        let reads = sum(net, &values, &vertex.inputs, format!("{place}.sum"))?;
        values.push(apply(net, &place, vertex.op, reads)?);
    }
    sum(net, &values, &cell.output, format!("{name}.output"))
}

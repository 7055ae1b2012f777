//! Every cell of the space, one for each class of isomorphic cells.

use super::module::{MOST_EDGES, MOST_VERTICES, Module, Operation, bit, pairs};
use super::order::Order;
use rayon::prelude::*;
use std::sync::OnceLock;

/// The cells in the order of (vertices, edge bits, operations). Computed once per process, in well under a second.
pub(super) fn all() -> &'static [Module] {
    static ALL: OnceLock<Vec<Module>> = OnceLock::new();
    ALL.get_or_init(|| (2..=MOST_VERTICES).flat_map(of_size).collect())
}

/// The cells with this many vertices.
fn of_size(vertices: usize) -> Vec<Module> {
    let graphs = (0..1u32 << pairs(vertices)).into_par_iter();
    graphs.filter(|&edges| is_full(vertices, edges)).flat_map_iter(|edges| labelled(vertices, edges)).collect()
}

/// Whether the graph keeps to the limit on edges and all its vertices lie on paths from the first to the last.
fn is_full(vertices: usize, edges: u32) -> bool {
    // Edges lead forwards, so it is enough that every vertex but the first is reached and every but the last is left.
    edges.count_ones() as usize <= MOST_EDGES
        && (1..vertices).all(|to| (0..to).any(|from| edges & bit(from, to) != 0))
        && (0..vertices - 1).all(|from| (from + 1..vertices).any(|to| edges & bit(from, to) != 0))
}

/// The graph with each choice of operations that makes it the first cell of its class.
fn labelled(vertices: usize, edges: u32) -> Vec<Module> {
    let mut symmetries = Vec::new();
    for order in Order::all(vertices) {
        match order.edges(edges) {
            Some(moved) if moved < edges => return Vec::new(),
            Some(moved) if moved == edges => symmetries.push(order),
            _ => {}
        }
    }
    let inner = vertices - 2;
    let labelings = (0..Operation::ALL.len().pow(inner as u32)).map(|number| labeling(number, inner));
    let first = labelings.filter(|&ops| symmetries.iter().all(|order| order.ops(ops) >= ops));
    first.map(|ops| Module { vertices: vertices as u8, edges, ops }).collect()
}

/// Choice `number` of the operations of `inner` vertices; the last vertex's varies fastest.
pub(super) fn labeling(number: usize, inner: usize) -> [Operation; MOST_VERTICES - 2] {
    let mut ops = [Operation::Conv3x3; MOST_VERTICES - 2];
    let mut rest = number;
    for op in ops[..inner].iter_mut().rev() {
        *op = Operation::ALL[rest % Operation::ALL.len()];
        rest /= Operation::ALL.len();
    }
    ops
}

//! Cells up to isomorphism: the orders of a cell's vertices, and the one order that stands for all.
//!
//! The benchmark takes the cells in the order of (vertices, edge bits, operations) and keeps the first of each class of
//! isomorphic ones. That first cell is the smallest of all that differ in the order of inner vertices only, so it can be
//! found without looking at any other cell.

use super::module::{MOST_VERTICES, Module, Operation, bit, pairs};
use std::sync::OnceLock;

/// An order of the inner vertices.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Where each inner vertex goes, from 0.
    places: Vec<usize>,
    /// Where each edge's bit goes; 0 for an edge that would lead backwards.
    bits: [u32; MOST_VERTICES * (MOST_VERTICES - 1) / 2],
}

impl Order {
    fn new(vertices: usize, places: Vec<usize>) -> Self {
        let place = |vertex: usize| match vertex {
            0 => 0,
            _ if vertex == vertices - 1 => vertex,
            _ => places[vertex - 1] + 1,
        };
        let mut bits = [0; MOST_VERTICES * (MOST_VERTICES - 1) / 2];
        for to in 1..vertices {
            for from in 0..to {
                let (new_from, new_to) = (place(from), place(to));
                if new_from < new_to {
                    bits[from + pairs(to)] = bit(new_from, new_to);
                }
            }
        }
        Order { places, bits }
    }

    /// All orders of the inner vertices of cells with this many vertices.
    pub fn all(vertices: usize) -> &'static [Order] {
        static ALL: [OnceLock<Vec<Order>>; MOST_VERTICES + 1] = [const { OnceLock::new() }; MOST_VERTICES + 1];
        ALL[vertices].get_or_init(|| {
            let inner = vertices.saturating_sub(2);
            permutations(inner).into_iter().map(|places| Order::new(vertices, places)).collect()
        })
    }

    /// The edges in this order; `None` if one would lead backwards.
    pub fn edges(&self, mut edges: u32) -> Option<u32> {
        let mut moved = 0;
        while edges != 0 {
            match self.bits[edges.trailing_zeros() as usize] {
                0 => return None,
                bit => moved |= bit,
            }
            edges &= edges - 1;
        }
        Some(moved)
    }

    /// The operations in this order.
    pub fn ops(&self, ops: [Operation; MOST_VERTICES - 2]) -> [Operation; MOST_VERTICES - 2] {
        let mut moved = [Operation::Conv3x3; MOST_VERTICES - 2];
        for (vertex, &place) in self.places.iter().enumerate() {
            moved[place] = ops[vertex];
        }
        moved
    }
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(n - 1);
    let inserted = shorter.into_iter().flat_map(|short| {
        (0..n).map(move |at| {
            let mut longer = short.clone();
            longer.insert(at, n - 1);
            longer
        })
    });
    inserted.collect()
}

/// The cell that stands for all cells isomorphic to this one: pruned, its vertices in the smallest order. It is the cell
/// that the benchmark holds.
pub(super) fn canonical(module: &Module) -> Module {
    let pruned = module.pruned();
    let orders = Order::all(pruned.vertices()).iter();
    let moved = orders.filter_map(|order| {
        Some(Module { vertices: pruned.vertices, edges: order.edges(pruned.edges)?, ops: order.ops(pruned.ops) })
    });
    moved.min().unwrap_or(pruned)
}

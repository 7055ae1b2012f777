//! Cells up to isomorphism: the canonical form that lets equal networks be scored once.
//!
//! A cell is a graph of operations, each of which reads a *sum* of values. Skip connections and intermediate sums do not appear:
//! they only determine what is summed. Two cells have the same canonical form exactly when they are the same network up to
//! the order of their operations. Sharing is kept: an operation whose value is used twice stays one operation.

use std::fmt;

/// One operation and what it reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vertex<O> {
    /// The operation.
    pub op: O,
    /// The values whose sum the operation reads, in ascending order: 0 is the cell's input, `v` is vertex `v - 1` of the cell.
    /// A value may occur more than once; an empty list stands for zero.
    pub inputs: Vec<usize>,
}

/// A cell: operations in order of execution, and the sum that is its output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell<O> {
    /// The operations; each reads the input or earlier operations.
    pub vertices: Vec<Vertex<O>>,
    /// The values that add up to the cell's output, numbered as in [`Vertex::inputs`].
    pub output: Vec<usize>,
}

impl<O: Ord + Copy> Cell<O> {
    /// Returns the canonical form: operations on no path from input to output are removed, and the rest are put in a canonical
    /// order. `None` if no path leads through the cell.
    ///
    /// The canonical order is the smallest of all orders of execution, compared operation by operation (what it does, then
    /// what it reads) with the output last.
    pub fn canonical(&self) -> Option<Self> {
        let live = self.live();
        if !self.output.iter().any(|&value| live[value]) {
            return None;
        }
        let pruned: Vec<Option<Vec<usize>>> = self
            .vertices
            .iter()
            .enumerate()
            .map(|(i, vertex)| live[i + 1].then(|| vertex.inputs.iter().copied().filter(|&v| live[v]).collect()))
            .collect();
        let mut search = Search { cell: self, pruned: &pruned, live: &live, best: None };
        let mut numbers = vec![None; self.vertices.len() + 1];
        numbers[0] = Some(0);
        search.extend(&mut Vec::new(), &mut numbers);
        search.best
    }

    /// For the input (0) and each vertex (from 1): whether it lies on a path from the input to the output.
    pub fn live(&self) -> Vec<bool> {
        let mut fed = vec![true];
        for vertex in &self.vertices {
            fed.push(vertex.inputs.iter().any(|&value| fed[value]));
        }
        let mut used = vec![false; fed.len()];
        for &value in &self.output {
            used[value] = true;
        }
        for (i, vertex) in self.vertices.iter().enumerate().rev() {
            if used[i + 1] {
                for &value in &vertex.inputs {
                    used[value] = true;
                }
            }
        }
        fed.iter().zip(used).map(|(&fed, used)| fed && used).collect()
    }
}

/// Depth-first search for the smallest order. At each position, only the smallest available vertices can lead to the
/// smallest order; if several are equal, each of them is tried.
struct Search<'a, O> {
    cell: &'a Cell<O>,
    /// Inputs of each live vertex, dead values left out; `None` for dead vertices.
    pruned: &'a [Option<Vec<usize>>],
    live: &'a [bool],
    best: Option<Cell<O>>,
}

impl<O: Ord + Copy> Search<'_, O> {
    fn extend(&mut self, placed: &mut Vec<Vertex<O>>, numbers: &mut Vec<Option<usize>>) {
        let renumber = |inputs: &[usize], numbers: &[Option<usize>]| -> Option<Vec<usize>> {
            let mut renumbered = inputs.iter().map(|&value| numbers[value]).collect::<Option<Vec<_>>>()?;
            renumbered.sort_unstable();
            Some(renumbered)
        };
        let mut available: Vec<(Vertex<O>, usize)> = Vec::new();
        for (i, inputs) in self.pruned.iter().enumerate() {
            if let (Some(inputs), None) = (inputs, numbers[i + 1])
                && let Some(inputs) = renumber(inputs, numbers)
            {
                available.push((Vertex { op: self.cell.vertices[i].op, inputs }, i + 1));
            }
        }
        let Some(smallest) = available.iter().map(|(vertex, _)| vertex).min().cloned() else {
            let outputs: Vec<usize> = self.cell.output.iter().copied().filter(|&value| self.live[value]).collect();
            let output = renumber(&outputs, numbers).unwrap_or_default();
            let candidate = Cell { vertices: placed.clone(), output };
            if self.best.as_ref().is_none_or(|best| candidate < *best) {
                self.best = Some(candidate);
            }
            return;
        };
        for (_, value) in available.into_iter().filter(|(vertex, _)| *vertex == smallest) {
            placed.push(smallest.clone());
            numbers[value] = Some(placed.len());
            self.extend(placed, numbers);
            numbers[value] = None;
            placed.pop();
        }
    }
}

/// Written as `op(inputs);...;output`, sums with `+`: `conv(0);pool(0+1);1+2`.
impl<O: fmt::Display> fmt::Display for Cell<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |f: &mut fmt::Formatter<'_>, values: &[usize]| {
            values.iter().enumerate().try_for_each(
                |(i, value)| {
                    if i > 0 { write!(f, "+{value}") } else { write!(f, "{value}") }
                },
            )
        };
        for vertex in &self.vertices {
            write!(f, "{}(", vertex.op)?;
            sum(f, &vertex.inputs)?;
            write!(f, ");")?;
        }
        sum(f, &self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vertex(op: char, inputs: &[usize]) -> Vertex<char> {
        Vertex { op, inputs: inputs.to_vec() }
    }

    fn key(vertices: &[Vertex<char>], output: &[usize]) -> Option<String> {
        Cell { vertices: vertices.to_vec(), output: output.to_vec() }.canonical().map(|cell| cell.to_string())
    }

    #[test]
    fn the_order_of_operations_does_not_matter() {
        let one = key(&[vertex('b', &[0]), vertex('a', &[0]), vertex('c', &[1])], &[2, 3]);
        let two = key(&[vertex('a', &[0]), vertex('b', &[0]), vertex('c', &[2])], &[1, 3]);
        assert_eq!(one.as_deref(), Some("a(0);b(0);c(2);1+3"));
        assert_eq!(one, two);
    }

    #[test]
    fn equal_operations_are_told_apart_by_what_reads_them() {
        let one = key(&[vertex('a', &[0]), vertex('a', &[0]), vertex('b', &[1])], &[2, 3]);
        let two = key(&[vertex('a', &[0]), vertex('a', &[0]), vertex('b', &[2])], &[1, 3]);
        assert_eq!(one, two);
    }

    #[test]
    fn a_value_used_twice_is_not_two_values() {
        let shared = key(&[vertex('a', &[0]), vertex('b', &[1]), vertex('c', &[1])], &[2, 3]);
        let split = key(&[vertex('a', &[0]), vertex('a', &[0]), vertex('b', &[1]), vertex('c', &[2])], &[3, 4]);
        assert_ne!(shared, split);
        assert_ne!(key(&[], &[0]), key(&[], &[0, 0]));
    }

    #[test]
    fn operations_off_every_path_go() {
        let dangling = key(&[vertex('a', &[0]), vertex('b', &[0])], &[2]);
        let unfed = key(&[vertex('a', &[]), vertex('b', &[0, 1])], &[1, 2]);
        assert_eq!(dangling.as_deref(), Some("b(0);1"));
        assert_eq!(dangling, unfed);
        assert_eq!(key(&[vertex('a', &[])], &[1]), None);
    }
}

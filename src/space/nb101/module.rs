//! The cell as a value: a small graph of operations, valid by construction.

use std::fmt;

/// What an inner vertex does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// 3x3 convolution, batch norm, ReLU.
    Conv3x3,
    /// 1x1 convolution, batch norm, ReLU.
    Conv1x1,
    /// 3x3 max pool, stride 1.
    MaxPool3x3,
}

impl Operation {
    /// All operations in the benchmark's order.
    pub const ALL: [Operation; 3] = [Operation::Conv3x3, Operation::Conv1x1, Operation::MaxPool3x3];

    /// The benchmark's name.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Conv3x3 => "conv3x3-bn-relu",
            Operation::Conv1x1 => "conv1x1-bn-relu",
            Operation::MaxPool3x3 => "maxpool3x3",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Largest number of vertices in a cell, input and output included.
pub const MOST_VERTICES: usize = 7;

/// Largest number of edges in a cell of the benchmark, not counting those on no path from input to output.
pub const MOST_EDGES: usize = 9;

/// A cell. Vertex 0 is its input, the last vertex its output, and edges lead from lower to higher vertices. Some path leads
/// from the input to the output; vertices may lie on no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Module {
    pub(super) vertices: u8,
    /// Edge x -> y is bit x + y (y - 1) / 2.
    pub(super) edges: u32,
    /// Operations of the inner vertices; unused entries are always the first operation.
    pub(super) ops: [Operation; MOST_VERTICES - 2],
}

/// Number of pairs x < y among this many vertices.
pub(super) fn pairs(vertices: usize) -> usize {
    vertices * vertices.saturating_sub(1) / 2
}

/// The bit of edge `from -> to`, `from < to`.
pub(super) fn bit(from: usize, to: usize) -> u32 {
    1 << (from + pairs(to))
}

/// Checks that a cell may have this many vertices.
pub(super) fn check_vertices(vertices: usize) -> Result<(), String> {
    if (2..=MOST_VERTICES).contains(&vertices) {
        return Ok(());
    }
    Err(format!("a cell has 2 to {MOST_VERTICES} vertices, this has {vertices}"))
}

impl Module {
    /// Makes a cell with this many vertices, the edges that are set (edge x -> y is bit x + y (y - 1) / 2) and the operations of
    /// its inner vertices.
    ///
    /// # Errors
    /// What is wrong with it, as a text.
    pub fn new(vertices: usize, edges: u32, ops: &[Operation]) -> Result<Self, String> {
        check_vertices(vertices)?;
        if edges >> pairs(vertices) != 0 {
            return Err(format!("an edge leads to a vertex beyond the {vertices} of this cell"));
        }
        let inner = vertices - 2;
        if ops.len() != inner {
            return Err(format!("the matrix has {inner} inner vertices, the operations are {}", ops.len()));
        }
        let mut padded = [Operation::Conv3x3; MOST_VERTICES - 2];
        padded[..inner].copy_from_slice(ops);
        let module = Module { vertices: vertices as u8, edges, ops: padded };
        if !module.live()[vertices - 1] {
            return Err("no path leads from the input to the output".into());
        }
        Ok(module)
    }

    /// Returns the cell itself if the benchmark has it, that is, if at most [`MOST_EDGES`] edges are left when it is pruned.
    ///
    /// # Errors
    /// Says how many edges are left, as a text.
    pub fn within_limits(self) -> Result<Self, String> {
        match self.pruned().edges.count_ones() as usize {
            0..=MOST_EDGES => Ok(self),
            count => Err(format!("{count} edges lie on paths from input to output, at most {MOST_EDGES} may")),
        }
    }

    /// Number of vertices, input and output included.
    pub fn vertices(&self) -> usize {
        self.vertices.into()
    }

    /// All edges: x -> y is bit x + y (y - 1) / 2.
    pub fn edges(&self) -> u32 {
        self.edges
    }

    /// Operations of the inner vertices: entry i is that of vertex i + 1.
    pub fn ops(&self) -> &[Operation] {
        &self.ops[..self.vertices() - 2]
    }

    /// The inner vertices.
    pub(super) fn inner(&self) -> std::ops::Range<usize> {
        1..self.vertices() - 1
    }

    /// The output vertex.
    pub(super) fn output(&self) -> usize {
        self.vertices() - 1
    }

    /// Whether there is an edge `from -> to`.
    pub fn has_edge(&self, from: usize, to: usize) -> bool {
        from < to && self.edges & bit(from, to) != 0
    }

    /// The vertices with an edge to `to`, ascending.
    pub fn sources(&self, to: usize) -> impl Iterator<Item = usize> {
        (0..to).filter(move |&from| self.has_edge(from, to))
    }

    /// The vertices with an edge from `from`, ascending.
    pub fn targets(&self, from: usize) -> impl Iterator<Item = usize> {
        (from + 1..self.vertices()).filter(move |&to| self.has_edge(from, to))
    }

    /// For each vertex: whether it lies on a path from input to output.
    pub fn live(&self) -> Vec<bool> {
        let count = self.vertices();
        let (mut fed, mut used) = (vec![false; count], vec![false; count]);
        fed[0] = true;
        used[count - 1] = true;
        for vertex in 1..count {
            fed[vertex] = self.sources(vertex).any(|source| fed[source]);
        }
        for vertex in (0..count - 1).rev() {
            used[vertex] = self.targets(vertex).any(|target| used[target]);
        }
        fed.into_iter().zip(used).map(|(fed, used)| fed && used).collect()
    }

    /// The cell without the vertices that lie on no path from input to output; the others keep their order.
    pub fn pruned(&self) -> Module {
        let live = self.live();
        let kept: Vec<usize> = (0..self.vertices()).filter(|&vertex| live[vertex]).collect();
        let mut pruned = Module { vertices: kept.len() as u8, edges: 0, ops: [Operation::Conv3x3; MOST_VERTICES - 2] };
        for (to, &old_to) in kept.iter().enumerate() {
            for (from, &old_from) in kept[..to].iter().enumerate() {
                if self.has_edge(old_from, old_to) {
                    pruned.edges |= bit(from, to);
                }
            }
        }
        for (place, &vertex) in kept.iter().enumerate().filter(|(_, vertex)| self.inner().contains(vertex)) {
            pruned.ops[place - 1] = self.ops[vertex - 1];
        }
        pruned
    }
}

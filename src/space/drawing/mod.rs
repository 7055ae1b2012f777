//! Drawings of architectures: cells as graphs of operations, chains as blocks in a row.
//!
//! A [`Drawing`] says what is to be drawn, but not where: [`svg`](Drawing::svg) lays it out, and so does the script of pages that
//! show thousands of architectures.

mod svg;

use zeronas_proxies::network::{Layer, Network, Op};

pub(crate) use svg::STYLE;

/// What to draw of an architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The cells of the architecture, or the one chain that it consists of.
    pub cells: Vec<Graph>,
}

/// A graph whose vertices stand in a row, ordered so that every edge leads to the right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Its title, if there are several graphs.
    pub title: String,
    /// Its vertices.
    pub vertices: Vec<Vertex>,
    /// Its edges.
    pub edges: Vec<Edge>,
}

/// A vertex of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vertex {
    /// The text in it.
    pub label: String,
    /// Whether it is an operation; others are inputs, sums and outputs.
    pub operation: bool,
    /// Whether it lies on a path from input to output.
    pub live: bool,
}

/// An edge of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Place of the vertex that it comes from.
    pub from: usize,
    /// Place of the vertex that it leads to, further to the right.
    pub to: usize,
    /// The operation on it; empty where there is none.
    pub label: String,
    /// Whether it lies on a path from input to output.
    pub live: bool,
}

impl Vertex {
    /// An input, a sum or an output.
    pub fn node(label: impl Into<String>) -> Self {
        Vertex { label: label.into(), operation: false, live: true }
    }

    /// An operation.
    pub fn operation(label: impl Into<String>, live: bool) -> Self {
        Vertex { label: label.into(), operation: true, live }
    }
}

impl From<Graph> for Drawing {
    fn from(graph: Graph) -> Self {
        Drawing { cells: vec![graph] }
    }
}

impl Graph {
    /// Makes a row of sums with these labels, and operations on the edges between them, each given as (from, to, operation, live).
    pub(super) fn of_sums(labels: &[&str], edges: impl Iterator<Item = (usize, usize, &'static str, bool)>) -> Self {
        Graph {
            title: String::new(),
            vertices: labels.iter().map(|label| Vertex::node(*label)).collect(),
            edges: edges.map(|(from, to, label, live)| Edge { from, to, label: label.into(), live }).collect(),
        }
    }
}

impl Drawing {
    /// Makes a row of blocks, each of which reads the one before it.
    pub fn chain(blocks: impl IntoIterator<Item = String>) -> Self {
        let vertices: Vec<Vertex> = blocks.into_iter().map(|label| Vertex::operation(label, true)).collect();
        let edge = |to: usize| Edge { from: to - 1, to, label: String::new(), live: true };
        Graph { title: String::new(), edges: (1..vertices.len()).map(edge).collect(), vertices }.into()
    }

    /// Draws a network: its layers or, if there are too many, its blocks or stages, grouped by the common prefixes of layer names.
    pub fn of_network(net: &Network) -> Self {
        let whole: fn(&str) -> &str = |name| name;
        let block: fn(&str) -> &str = |name| name.rsplit_once('.').map_or(name, |(block, _)| block);
        let stage: fn(&str) -> &str = |name| name.split_once('.').map_or(name, |(stage, _)| stage);
        let grouped = |group| Groups::new(net, group);
        let fits = |groups: &Groups<'_>| groups.names.len() <= MOST;
        let groups = [whole, block].map(grouped).into_iter().find(fits).unwrap_or_else(|| grouped(stage));
        groups.graph(net).into()
    }

    /// Counts the live operations of each kind, in order of first appearance.
    pub fn operations(&self) -> Vec<(&str, usize)> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for label in self.cells.iter().flat_map(Graph::live_operations) {
            match counts.iter_mut().find(|count| count.0 == label) {
                Some(count) => count.1 += 1,
                None => counts.push((label, 1)),
            }
        }
        counts
    }

    /// How many edges and operations lie on no path from input to output.
    pub fn dead(&self) -> usize {
        let of = |cell: &Graph| {
            let edges = cell.edges.iter().filter(|edge| !edge.live && !edge.label.is_empty()).count();
            edges + cell.vertices.iter().filter(|vertex| vertex.operation && !vertex.live).count()
        };
        self.cells.iter().map(of).sum()
    }

    /// Counts the operations on the longest path from input to output through the cells, except those that pass a value on unchanged.
    pub fn depth(&self) -> usize {
        self.cells.iter().map(Graph::depth).sum()
    }
}

impl Graph {
    fn live_operations(&self) -> impl Iterator<Item = &str> {
        let on_edges = self.edges.iter().filter(|edge| edge.live && !edge.label.is_empty()).map(|edge| &edge.label);
        let on_vertices = self.vertices.iter().filter(|vertex| vertex.live && vertex.operation);
        on_edges.chain(on_vertices.map(|vertex| &vertex.label)).map(String::as_str)
    }

    fn depth(&self) -> usize {
        let weight = |label: &str| usize::from(!label.is_empty() && kind(label) != "pass");
        let mut depths: Vec<usize> = Vec::with_capacity(self.vertices.len());
        for (place, vertex) in self.vertices.iter().enumerate() {
            let into = self.edges.iter().filter(|edge| edge.live && edge.to == place && edge.from < place);
            let before = into.map(|edge| depths[edge.from] + weight(&edge.label)).max().unwrap_or(0);
            depths.push(before + if vertex.operation && vertex.live { weight(&vertex.label) } else { 0 });
        }
        depths.into_iter().max().unwrap_or(0)
    }
}

/// Largest number of vertices in a drawing made from a network.
const MOST: usize = 24;

/// Groups of a network's layers, each drawn as one vertex.
struct Groups<'a> {
    names: Vec<&'a str>,
    /// The group of each layer.
    of: Vec<usize>,
}

impl<'a> Groups<'a> {
    fn new(net: &'a Network, group: impl Fn(&'a str) -> &'a str) -> Self {
        let mut names: Vec<&str> = Vec::new();
        let mut of = Vec::with_capacity(net.layers().len());
        for layer in net.layers() {
            let name = group(&layer.name);
            // A name that comes again later is another group, so that every edge leads to the right.
            if names.last() != Some(&name) {
                names.push(name);
            }
            of.push(names.len() - 1);
        }
        Groups { names, of }
    }

    fn graph(&self, net: &Network) -> Graph {
        let live = net.live();
        let mut vertices: Vec<Vertex> = self.names.iter().map(|name| Vertex::operation(*name, false)).collect();
        let mut edges: Vec<Edge> = Vec::new();
        for (place, layer) in net.layers().iter().enumerate() {
            let to = self.of[place];
            vertices[to].live |= live[place];
            if self.of.iter().filter(|group| **group == to).count() == 1 {
                vertices[to].label = written(layer);
                vertices[to].operation = !matches!(layer.op, Op::Input(_));
            }
            for from in layer.inputs.iter().map(|id| self.of[id.index()]).filter(|from| *from != to) {
                let edge = Edge { from, to, label: String::new(), live: live[place] };
                match edges.iter_mut().find(|known| (known.from, known.to) == (from, to)) {
                    Some(known) => known.live |= edge.live,
                    None => edges.push(edge),
                }
            }
        }
        if vertices.len() > MOST {
            let more = vertices.len() - MOST;
            vertices.truncate(MOST);
            vertices.push(Vertex::operation(format!("… {more} more"), true));
            edges.retain(|edge| edge.to < MOST);
            edges.push(Edge { from: MOST - 1, to: MOST, label: String::new(), live: true });
        }
        Graph { title: String::new(), vertices, edges }
    }
}

/// A layer in a word.
fn written(layer: &Layer) -> String {
    match &layer.op {
        Op::Input(_) => "input".into(),
        Op::Conv(conv) => format!("conv {}x{} {}", conv.kernel.height, conv.kernel.width, layer.shape.channels),
        op => op.kind().to_string(),
    }
}

/// Returns the kind of an operation by its name: `pass`, `pool`, `small`, `conv`, `wide` or `other`. It decides the colour.
pub(crate) fn kind(label: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| label.contains(word));
    match label {
        _ if has(&["skip", "identity", "shape kept"]) => "pass",
        _ if has(&["pool", "average"]) => "pool",
        _ if has(&["5x5", "7x7", "k5", "k7"]) => "wide",
        _ if has(&["1x1"]) => "small",
        _ if has(&["conv", "3x3", "k3"]) => "conv",
        _ => "other",
    }
}

#[cfg(test)]
mod tests;

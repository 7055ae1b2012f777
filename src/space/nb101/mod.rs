//! `nb101`: NAS-Bench-101.
//!
//! A cell is a graph of at most 7 vertices (input and output among them) and 9 edges; an inner vertex is a convolution or
//! a max pool: 423,624 cells, isomorphic ones counted once. It is written `BITS;op,op`: the whole matrix row by row, then the
//! operations of the inner vertices, as in `0100;` (input straight to output) or `010001000;conv3x3-bn-relu`. Vertices on
//! no path from input to output may be written; networks and hashes are those of the pruned cell.
//!
//! The canonical key is the benchmark's module hash, equal for isomorphic cells. However, the vertices share the channels of the
//! cell's output, and their order decides which of them get the remainder, so isomorphic cells as written may differ by a channel
//! here and there. Their one canonical network is that of the cell that the benchmark holds: the first of its class in the order of
//! (vertices, edges, operations).
//!
//! Source: Ying et al. 2019 (NAS-Bench-101).

mod channels;
mod encoding;
mod enumeration;
mod hash;
mod module;
mod network;
mod notation;
mod order;
mod query;
mod recipe;

pub use module::{MOST_EDGES, MOST_VERTICES, Module, Operation};

use super::macro_settings::{self, MOST_CLASSES, check_ranges, check_resolution};
use super::{
    Arch, Benchmark, Drawing, Edge, Encoded, Enumerable, Graph, MacroSetting, Naslib, Part, SearchSpace, Vertex,
};
use crate::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashSet;
use zeronas_proxies::network::Network;

/// Number of classes of isomorphic cells.
const SIZE: usize = 423_624;

/// The benchmark.
pub(super) static BENCHMARK: Benchmark = Benchmark {
    name: "nb101",
    about: "NAS-Bench-101: cells of at most 7 vertices and 9 edges, 423,624 architectures",
    notation: "BITS;op,op (the matrix row by row and the inner operations, or all of them); {'matrix': [[...]], 'ops': [...]} and \
        ([[...]], [...]); NASLib's numbers; NNI's {'op1': ..., 'input1': [0], ...}; the module hash, with a table",
    example: "0101001000010000;conv3x3-bn-relu,conv1x1-bn-relu",
    macro_settings: &[
        MacroSetting::number("stem", "C", "Output channels of the stem"),
        MacroSetting::number("stacks", "N", "Stacks of modules"),
        MacroSetting::number("modules", "N", "Modules in each stack"),
        MacroSetting::CLASSES,
        MacroSetting::RESOLUTION,
    ],
    open: macro_settings::open::<Nb101>,
    source: "Ying et al., ICML 2019; its official file through `zeronas import`",
    protocols: &[],
    recipes: &recipe::RECIPES,
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: Some(&query::Package),
    import: None,
    naslib: Some(Naslib { name: "nasbench101", metrics: &[] }),
};

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nb101 {
    /// Output channels of the stem; they double with each stack but the first.
    pub stem: usize,
    /// Stacks of modules.
    pub stacks: usize,
    /// Modules in each stack.
    pub modules: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for Nb101 {
    /// The benchmark's settings: 128 channels, 3 stacks of 3 modules, 10 classes, 32 x 32 images.
    fn default() -> Self {
        Nb101 { stem: 128, stacks: 3, modules: 3, classes: 10, resolution: 32 }
    }
}

impl Nb101 {
    /// The cell of an architecture, as written.
    pub fn module(&self, arch: &Arch) -> Result<Module> {
        notation::parse(arch.as_str())
    }

    /// The network of a cell as written; the cell may have more edges than the benchmark allows.
    pub fn network_of(&self, module: &Module) -> Result<Network> {
        network::network(&module.pruned(), self)
    }
}

impl Module {
    /// The benchmark's module hash: 32 hexadecimal digits, equal for isomorphic cells.
    pub fn module_hash(&self) -> String {
        hash::module_hash(&self.pruned())
    }

    /// The cell that stands for all cells isomorphic to this one: the pruned cell with its vertices in the order in which
    /// the benchmark has them.
    pub fn canonical(&self) -> Module {
        order::canonical(self)
    }
}

impl From<Module> for Arch {
    fn from(module: Module) -> Self {
        Arch(module.to_string().into())
    }
}

impl SearchSpace for Nb101 {
    fn name(&self) -> &str {
        BENCHMARK.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[
            // Up to five vertices share the channels, and each needs one.
            ("stem", self.stem, MOST_VERTICES - 2..=1024),
            ("stacks", self.stacks, 1..=6),
            ("modules", self.modules, 1..=100),
            ("classes", self.classes, 1..=MOST_CLASSES),
        ])?;
        check_resolution(self.resolution, self.stacks - 1)
    }

    /// Reads a cell in one of the notations of NAS-Bench-101.
    fn read(&self, text: &str) -> Result<Arch> {
        notation::parse(text).map(Arch::from)
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }

    /// Draws random matrices above the diagonal, and random operations, for seven vertices until they make a cell, and returns it
    /// as the benchmark holds it.
    fn draw(&self, below: &mut dyn FnMut(u64) -> u64) -> Option<Arch> {
        let inner = MOST_VERTICES - 2;
        loop {
            let edges = below(1 << module::pairs(MOST_VERTICES)) as u32;
            let ops = enumeration::labeling(below(3u64.pow(inner as u32)) as usize, inner);
            if let Ok(module) = Module::new(MOST_VERTICES, edges, &ops).and_then(Module::within_limits) {
                return Some(module.canonical().into());
            }
        }
    }

    /// Sets or removes one edge, or changes the operation at one vertex: all results that are valid, one of each class, and none
    /// isomorphic to the architecture itself. Dead vertices stay, so that further edits can revive them.
    fn neighbours(&self, arch: &Arch) -> Result<Vec<Arch>> {
        let module = self.module(arch)?;
        let vertices = module.vertices();
        let flipped =
            (0..module::pairs(vertices)).map(|place| Module::new(vertices, module.edges() ^ 1 << place, module.ops()));
        let edits = module.inner().flat_map(|vertex| Operation::ALL.map(|operation| (vertex, operation)));
        let changed = edits.map(|(vertex, operation)| {
            let mut ops = module.ops().to_vec();
            ops[vertex - 1] = operation;
            Module::new(vertices, module.edges(), &ops)
        });
        let mut seen = HashSet::from([module.canonical()]);
        let valid = flipped.chain(changed).filter_map(|module| module.ok()?.within_limits().ok());
        Ok(valid.filter(|neighbour| seen.insert(neighbour.canonical())).map(Arch::from).collect())
    }

    /// The path encoding of White et al. 2021 (BANANAS): for each sequence of at most three operations, the shortest first,
    /// whether a path from input to output has it.
    fn features(&self, arch: &Arch) -> Result<Vec<f64>> {
        Ok(encoding::paths(&self.module(arch)?))
    }

    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(Some(self.module(arch)?.module_hash()))
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let module = self.module(arch)?;
        let name = |vertex: usize| if vertex == 0 { "input".into() } else { format!("vertex {vertex}") };
        let live = module.live();
        let parts = (1..module.vertices()).map(|vertex| {
            let sources: Vec<String> = module.sources(vertex).map(name).collect();
            let reads = if sources.is_empty() { "nothing".into() } else { sources.join(", ") };
            let text = match module.ops().get(vertex - 1) {
                Some(operation) => format!("vertex {vertex}: {operation} of {reads}"),
                None => format!("output: {reads}"),
            };
            Part { text, live: live[vertex] }
        });
        Ok(parts.collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let module = self.module(arch)?;
        let (live, last) = (module.live(), module.vertices() - 1);
        let vertex = |place: usize| match module.ops().get(place.wrapping_sub(1)) {
            Some(operation) => Vertex::operation(operation.name().trim_end_matches("-bn-relu"), live[place]),
            None => Vertex::node(if place == last { "out" } else { "in" }),
        };
        let live = |from: usize, to: usize| live[from] && live[to];
        let edges = (1..=last).flat_map(|to| module.sources(to).map(move |from| (from, to)));
        let edges = edges.map(|(from, to)| Edge { from, to, label: String::new(), live: live(from, to) });
        let edges = edges.collect();
        Ok(Graph { title: String::new(), vertices: (0..=last).map(vertex).collect(), edges }.into())
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        self.network_of(&self.module(arch)?)
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        self.network_of(&self.module(arch)?.canonical()).map(Some)
    }
}

impl Enumerable for Nb101 {
    fn size(&self) -> u128 {
        SIZE as u128
    }

    /// The order in which the benchmark's generator finds the cells: by vertices, edges, operations.
    fn nth(&self, index: u128) -> Arch {
        enumeration::all()[index as usize].into()
    }
}

/// A mutation sets or removes one edge or changes the operation at one vertex, in a cell of seven vertices. Dead vertices stay, so that
/// further mutations can revive them. Another operation is always valid, so there is always a mutation.
impl Encoded for Nb101 {
    /// Seven vertices: for all pairs, in the order of the edges' bits, whether there is an edge, then the operations.
    fn choices(&self) -> &[usize] {
        &encoding::CHOICES
    }

    /// A smaller cell has dead vertices before the output.
    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(encoding::encode(&self.module(arch)?))
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        encoding::decode(choices).map(Arch::from)
    }
}

#[cfg(test)]
mod tests;

//! `nb301`: the DARTS space, as NAS-Bench-301 has it on CIFAR-10.
//!
//! Two cells are searched, a normal and a reduction cell. A cell has two inputs, the outputs of the two cells before, and four nodes, each
//! the sum of two operations out of seven, on two different earlier values; its output is the nodes' concatenation. That makes 1.08e18
//! architectures. They are written as `Genotype(normal=[('op', i), ...], normal_concat=[2, 3, 4, 5], reduce=[...], ...)`.
//!
//! The order of a node's two operations, and the order of nodes that do not read each other, change nothing but the order of channels.
//! The canonical key is that of the smallest of all such orders, of the cells that the network has.
//!
//! Sources: Liu et al. 2019 (DARTS), Zela et al. 2022 (NAS-Bench-301).

mod cell;
mod import;
mod network;
mod notation;
#[cfg(test)]
mod tests;

use super::macro_settings::{self, MOST_CLASSES, check_ranges, check_resolution};
use super::{Arch, Benchmark, Drawing, Encoded, Enumerable, Graph, MacroSetting, Naslib, Part, SearchSpace, places};
use crate::Result;
use cell::Genotype;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeronas_proxies::network::Network;

/// The benchmark.
pub(super) static BENCHMARK: Benchmark = Benchmark {
    name: "nb301",
    about: "NAS-Bench-301: the DARTS space on CIFAR-10, 1.08e18 architectures",
    notation: "Genotype(normal=[('op', i), ...], normal_concat=[2, 3, 4, 5], reduce=[...], reduce_concat=[2, 3, 4, 5]); \
        |op~i|op~j|+...;|op~i|op~j|+... (normal;reduction, node by node); NASLib's ((i, op), ...) pairs; NAS-Bench-301's configurations",
    example: "|sep_conv_3x3~0|sep_conv_3x3~1|+|sep_conv_3x3~0|sep_conv_3x3~1|+|skip_connect~0|sep_conv_3x3~1|+|skip_connect~0|\
        dil_conv_3x3~2|;|max_pool_3x3~0|max_pool_3x3~1|+|max_pool_3x3~1|skip_connect~2|+|max_pool_3x3~0|skip_connect~2|+|max_pool_3x3~1|\
        skip_connect~2|",
    macro_settings: &[
        MacroSetting::CHANNELS,
        MacroSetting::number("layers", "N", "Cells"),
        MacroSetting::CLASSES,
        MacroSetting::RESOLUTION,
        MacroSetting::word("variant", "Whose networks: those of DARTS, or those of NASLib", &["darts", "naslib"]),
    ],
    open: macro_settings::open::<Nb301>,
    source: "Zela et al., ICLR 2022: a surrogate fitted to some 60,000 trainings on CIFAR-10, so its labels are predictions; NAS-Bench-301's \
        result JSON files (trained), NASLib's zc_nasbench301.json (surrogate)",
    protocols: &["nas-bench-suite-zero"],
    recipes: &[],
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: None,
    import: Some(import::read),
    naslib: Some(Naslib { name: "nasbench301", metrics: &[("cifar10", "nb301_xgb_surrogate_val_pct")] }),
};

/// Whose networks are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// DARTS's and NAS-Bench-301's.
    #[default]
    Darts,
    /// NASLib's, which NAS-Bench-Suite-Zero scored: batch norms inside edges have no scale and shift, and one follows each pool.
    Naslib,
}

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nb301 {
    /// Channels of a node in the first cells; they double with each reduction cell. The stem has three times as many.
    pub channels: usize,
    /// Number of cells. The ones at one third and at two thirds of them are reduction cells.
    pub layers: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
    /// Whose networks are built.
    pub variant: Variant,
}

impl Default for Nb301 {
    /// NAS-Bench-301's settings: 32 channels, 8 cells, 10 classes, 32 x 32 images.
    fn default() -> Self {
        Nb301 { channels: 32, layers: 8, classes: 10, resolution: 32, variant: Variant::Darts }
    }
}

impl Nb301 {
    /// Whether cell number `k` is a reduction cell.
    fn is_reduction(&self, k: usize) -> bool {
        k == self.layers / 3 || k == 2 * self.layers / 3
    }

    /// Returns the genotype that represents all genotypes of the same network.
    fn canonical(&self, arch: &Arch) -> Result<Genotype> {
        let mut genotype = notation::own(arch.as_str())?.canonical();
        // With very few layers the network has no normal cell, so that cell makes no difference.
        if (0..self.layers).all(|k| self.is_reduction(k)) {
            genotype.normal = genotype.reduce;
        }
        Ok(genotype)
    }
}

impl SearchSpace for Nb301 {
    fn name(&self) -> &str {
        BENCHMARK.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[
            ("channels", self.channels, 1..=1024),
            ("layers", self.layers, 1..=100),
            ("classes", self.classes, 1..=MOST_CLASSES),
        ])?;
        check_resolution(self.resolution, 2)
    }

    fn read(&self, text: &str) -> Result<Arch> {
        notation::read(text).map(Arch::from)
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        network::network(self, &notation::own(arch.as_str())?)
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        network::network(self, &self.canonical(arch)?).map(Some)
    }

    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(Some(self.canonical(arch)?.short()))
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let genotype = notation::own(arch.as_str())?;
        let cells = [("normal", genotype.normal), ("reduction", genotype.reduce)];
        let parts = cells.into_iter().flat_map(|(name, cell)| {
            cell.0.into_iter().enumerate().flat_map(move |(node, edges)| {
                edges.map(|(operation, source)| {
                    let operation = operation.name();
                    // All nodes are in the output, and every edge reads something that is there.
                    Part { text: format!("{name} cell: node {source} -> node {}: {operation}", node + 2), live: true }
                })
            })
        });
        Ok(parts.collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let genotype = notation::own(arch.as_str())?;
        let cells = [("normal cell", genotype.normal), ("reduction cell", genotype.reduce)].map(|(title, cell)| {
            let edges =
                cell.0.into_iter().enumerate().flat_map(|(node, edges)| {
                    edges.map(|(operation, source)| (source, node + 2, operation.name(), true))
                });
            let nodes = ["k-2", "k-1", "0", "1", "2", "3"];
            Graph { title: title.into(), ..Graph::of_sums(&nodes, edges) }
        });
        Ok(Drawing { cells: cells.into() })
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }
}

impl Enumerable for Nb301 {
    fn size(&self) -> u128 {
        places::count(&cell::CHOICES)
    }

    /// The last operation of the last node of the reduction cell varies fastest.
    fn nth(&self, index: u128) -> Arch {
        Genotype::of_choices(&places::nth(&cell::CHOICES, index)).into()
    }
}

impl Encoded for Nb301 {
    /// For each cell and node: the pair of values that it reads, if there are several pairs, then the two operations.
    fn choices(&self) -> &[usize] {
        &cell::CHOICES
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(notation::own(arch.as_str())?.choices())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let fits = choices.len() == cell::CHOICES.len();
        let known = choices.iter().zip(cell::CHOICES).all(|(&choice, count)| choice < count);
        (fits && known).then(|| Genotype::of_choices(choices).into())
    }
}

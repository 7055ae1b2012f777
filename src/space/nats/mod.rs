//! `nats-tss` and `nats-sss`: the two spaces of NATS-Bench, and what their networks are made of: the skeleton around the cells and its
//! blocks.
//!
//! Stem (3x3 convolution, batch norm) - stage of cells - reduction - stage - reduction - stage - batch norm, ReLU, global
//! average, linear. Stem, cells and reductions are the blocks whose outputs are the network's boundaries.

mod hardware;
mod query;
mod recipes;
mod sss;
mod tss;

pub use sss::NatsSss;
pub use tss::NatsTss;

use super::{Benchmark, MacroSetting, Naslib, macro_settings};
use crate::Result;
use zeronas_proxies::network::{
    AveragePool, BatchNorm, Conv, GlobalAverage, LayerId, Linear, Network, NetworkBuilder, Op, Shape,
};

/// The topology space, which is NAS-Bench-201.
pub(super) static TSS: Benchmark = Benchmark {
    name: tss::NAME,
    about: "NATS-Bench topology, which is NAS-Bench-201: cells of four nodes, 15,625 architectures",
    notation: "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|; the benchmark's index; NASLib's six numbers (4, 0, 3, 1, 4, 3); NNI's \
        {'0_1': 'conv_3x3', ...}",
    example: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    macro_settings: &[
        MacroSetting::CHANNELS,
        MacroSetting::number("cells", "N", "Cells in each stage"),
        MacroSetting::CLASSES,
        MacroSetting::RESOLUTION,
    ],
    open: macro_settings::open::<NatsTss>,
    source: "Dong & Yang, ICLR 2020, and Dong et al., TPAMI 2021; its official files through `zeronas import`",
    protocols: PROTOCOLS,
    recipes: &recipes::RECIPES,
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: Some(&query::Package),
    import: Some(hardware::read),
    naslib: Some(Naslib { name: "nasbench201", metrics: &[] }),
};

/// The size space.
pub(super) static SSS: Benchmark = Benchmark {
    name: sss::NAME,
    about: "NATS-Bench size: widths of the best cell in five places, 32,768 architectures",
    notation: "8:16:24:32:40; the benchmark's index; (8, 16, 24, 32, 40)",
    example: "8:16:24:32:40",
    macro_settings: &[MacroSetting::CLASSES, MacroSetting::RESOLUTION],
    open: macro_settings::open::<NatsSss>,
    source: "Dong et al., TPAMI 2021; its official files through `zeronas import`",
    protocols: PROTOCOLS,
    // The networks were trained by the recipes of the other space, which are listed there.
    recipes: &[],
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: Some(&query::Package),
    import: None,
    naslib: None,
};

/// The space of the built-in benchmark.
pub type Mini = NatsTss;

/// The networks of that benchmark.
pub const MINI: Mini = Mini { channels: 8, cells: 1, classes: 10, resolution: 32 };

/// Published comparisons on NAS-Bench-201.
const PROTOCOLS: &[&str] = &["zero-cost-nas", "naswot", "nas-bench-suite-zero", "az-nas", "zico", "vkdnw"];

/// Channels of one stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    /// Channels that enter it: the output of the stem or of the reduction before it.
    pub entry: usize,
    /// Output channels of its cells.
    pub cells: usize,
}

/// The skeleton of a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skeleton {
    /// The stages.
    pub stages: [Stage; 3],
    /// Cells in each stage.
    pub cells: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Skeleton {
    /// The network around cells that `cell` adds, given the builder, the cell's name, its input and its channels.
    pub fn network(
        &self,
        mut cell: impl FnMut(&mut NetworkBuilder, &str, LayerId, usize) -> Result<LayerId>,
    ) -> Result<Network> {
        let mut net = NetworkBuilder::new(Shape::new(3, self.resolution, self.resolution))?;
        let mut x = net.input();
        for (s, stage) in self.stages.iter().enumerate() {
            x = match s {
                0 => {
                    let conv = net.add("stem.conv", Op::Conv(Conv::same(stage.entry, 3, 1)), &[x])?;
                    net.add("stem.bn", Op::BatchNorm(BatchNorm::new()), &[conv])?
                }
                _ => reduction(&mut net, &format!("reduce{}", s - 1), x, stage.entry)?,
            };
            net.mark_boundary(x);
            for k in 0..self.cells {
                x = cell(&mut net, &format!("stage{s}.cell{k}"), x, stage.cells)?;
                net.mark_boundary(x);
            }
        }
        let x = net.add("head.bn", Op::BatchNorm(BatchNorm::new()), &[x])?;
        let x = net.add("head.relu", Op::RELU, &[x])?;
        let x = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[x])?;
        let logits = net.add("head.fc", Op::Linear(Linear::new(self.classes)), &[x])?;
        Ok(net.finish(logits)?)
    }
}

/// Adds ReLU, convolution and batch norm; their names end in `parts`.
pub(super) fn relu_conv_bn(
    net: &mut NetworkBuilder,
    name: &str,
    parts: (&str, &str, &str),
    input: LayerId,
    kind: Conv,
) -> Result<LayerId> {
    let (relu, conv, bn) = parts;
    let active = net.add(format!("{name}.{relu}"), Op::RELU, &[input])?;
    let convolved = net.add(format!("{name}.{conv}"), Op::Conv(kind), &[active])?;
    Ok(net.add(format!("{name}.{bn}"), Op::BatchNorm(BatchNorm::new()), &[convolved])?)
}

/// Adds a block that halves the side: two convolutions beside an average pool with a 1x1 convolution.
fn reduction(net: &mut NetworkBuilder, name: &str, input: LayerId, channels: usize) -> Result<LayerId> {
    let main = relu_conv_bn(net, name, ("relu_a", "conv_a", "bn_a"), input, Conv::same(channels, 3, 2))?;
    let main = relu_conv_bn(net, name, ("relu_b", "conv_b", "bn_b"), main, Conv::same(channels, 3, 1))?;
    let pool = AveragePool::new(2, 2, 0);
    let shortcut = net.add(format!("{name}.pool"), Op::AveragePool(pool), &[input])?;
    let shortcut = net.add(format!("{name}.down"), Op::Conv(Conv::same(channels, 1, 1)), &[shortcut])?;
    Ok(net.sum(format!("{name}.sum"), &[shortcut, main])?)
}

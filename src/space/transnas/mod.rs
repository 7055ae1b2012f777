//! `transnas-micro` and `transnas-macro`: the two spaces of TransNAS-Bench-101, and what their networks have in common.
//!
//! Stem (two 3x3 convolutions of stride 2) - layers - global average, linear. A code says what a layer does to its input: an even code
//! doubles the channels, one above 2 has stride 2, both in the layer's first cell or block. The benchmark's images are 256 x 256, and
//! its stem has 64 output channels, the first number of its notations; here `channels` decides. Of its seven tasks, two are
//! classifications, which have the head built here; the others have decoders.
//!
//! Source: Duan et al. 2021 (TransNAS-Bench-101).

mod chains;
mod micro;
#[cfg(test)]
mod tests;

pub use chains::TransnasMacro;
pub use micro::TransnasMicro;

use super::blocks::{conv_bn, head};
use super::macro_settings::{self, MOST_CLASSES, check_ranges};
use super::{Benchmark, MacroSetting, Naslib};
use crate::Result;
use zeronas_proxies::network::{Conv, LayerId, Network, NetworkBuilder, Op, Shape};

/// The space of cells.
pub(super) static MICRO: Benchmark = Benchmark {
    name: "transnas-micro",
    about: "TransNAS-Bench-101 micro: cells of four nodes, 4,096 architectures on seven tasks",
    notation: "64-41414-a_bc_def; the six digits abcdef of the edges 0>1, 0>2, 1>2, 0>3, 1>3, 2>3, also as (a, b, c, d, e, f)",
    example: "64-41414-3_12_031",
    macro_settings: SETTINGS,
    open: macro_settings::open::<TransnasMicro>,
    source: SOURCE,
    protocols: &["nas-bench-suite-zero"],
    recipes: &[],
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: None,
    import: None,
    naslib: Some(Naslib { name: "transbench101_micro", metrics: METRICS }),
};

/// The space of whole networks.
pub(super) static MACRO: Benchmark = Benchmark {
    name: "transnas-macro",
    about: "TransNAS-Bench-101 macro: chains of residual blocks, 3,256 architectures on seven tasks",
    notation: "64-DDDD-basic, or the 4 to 6 digits: an even one doubles the channels, one above 2 halves the side",
    example: "64-4324-basic",
    macro_settings: SETTINGS,
    open: macro_settings::open::<TransnasMacro>,
    source: SOURCE,
    protocols: &[],
    recipes: &[],
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: None,
    import: None,
    naslib: Some(Naslib { name: "transbench101_macro", metrics: METRICS }),
};

const SETTINGS: &[MacroSetting] = &[MacroSetting::CHANNELS, MacroSetting::CLASSES, MacroSetting::RESOLUTION];

/// What is measured on the validation images of each task, after the last epoch.
const METRICS: &[(&str, &str)] = &[
    ("class_scene", "class_scene_valid_top1_pct"),
    ("class_object", "class_object_valid_top1_pct"),
    ("jigsaw", "jigsaw_valid_top1_pct"),
    ("room_layout", "room_layout_valid_neg_loss"),
    ("autoencoder", "autoencoder_valid_ssim"),
    ("normal", "normal_valid_ssim"),
    ("segmentsemantic", "segmentsemantic_valid_acc_pct"),
];

const SOURCE: &str = "Duan et al., CVPR 2021: one training on each of seven tasks of Taskonomy; TransNAS-Bench-101's .pth and the JSON files in \
    NASLib's zips";

/// Whether networks with these macro settings can be built.
fn check(channels: usize, classes: usize, resolution: usize) -> Result<()> {
    check_ranges(&[
        ("channels", channels, 2..=1024),
        ("classes", classes, 1..=MOST_CLASSES),
        // The last factorised reduction needs at least two pixels per side.
        ("resolution", resolution, 17..=1024),
    ])
}

/// What a layer's first cell or block does to its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    channels: usize,
    stride: usize,
}

impl Step {
    /// Whether the shape stays.
    fn keeps(self, before: usize) -> bool {
        self.stride == 1 && self.channels == before
    }
}

/// Returns what a code does to a value with this many channels.
fn step(code: u8, channels: usize) -> Step {
    Step {
        channels: if code.is_multiple_of(2) { 2 * channels } else { channels },
        stride: if code > 2 { 2 } else { 1 },
    }
}

/// Builds a network of layers with these codes, each of two cells or blocks. `add` adds one of them, given its layer, its place in the
/// layer and what it does to its input.
fn network(
    [channels, classes, resolution]: [usize; 3],
    codes: &[u8],
    mut add: impl FnMut(&mut NetworkBuilder, [usize; 2], Step, LayerId) -> Result<LayerId>,
) -> Result<Network> {
    let mut net = NetworkBuilder::new(Shape::new(3, resolution, resolution))?;
    let images = net.input();
    let x = conv_bn(&mut net, "stem.", ["conv_a", "bn_a"], Conv::same(channels / 2, 3, 2), images)?;
    let x = net.add("stem.relu", Op::RELU, &[x])?;
    let mut x = conv_bn(&mut net, "stem.", ["conv_b", "bn_b"], Conv::same(channels, 3, 2), x)?;
    net.mark_boundary(x);
    let mut channels = channels;
    for (layer, &code) in codes.iter().enumerate() {
        let first = step(code, channels);
        channels = first.channels;
        for (place, step) in [first, Step { channels, stride: 1 }].into_iter().enumerate() {
            x = add(&mut net, [layer, place], step, x)?;
            net.mark_boundary(x);
        }
    }
    let logits = head(&mut net, classes, x)?;
    Ok(net.finish(logits)?)
}

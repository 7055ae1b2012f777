//! `nb-macro`: NAS-Bench-Macro.
//!
//! A chain of eight blocks in stages of 2, 3 and 3, each of one of three kinds: 3^8 = 6,561 architectures, written as eight digits. 0 is the
//! identity, 1 an inverted residual block of kernel 3 and expansion 3, 2 one of kernel 5 and expansion 6. The first block of a stage
//! doubles the channels and halves the side; if it is the identity, it becomes a 1x1 convolution with batch norm. Any other identity adds no
//! layer, so its place in the stage does not matter: there are 3,969 different networks. The canonical key is
//! the benchmark's: identities moved to the end of their stage.
//!
//! Source: Su et al. 2021 (Prioritized Architecture Sampling with Monto-Carlo Tree Search).

mod import;
mod recipe;
#[cfg(test)]
mod tests;

use super::blocks::{InvertedResidual, activation, conv_bn, head};
use super::macro_settings::{self, MOST_CLASSES, check_ranges, check_resolution};
use super::{Arch, Benchmark, Drawing, Encoded, Enumerable, MacroSetting, Part, SearchSpace, places};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeronas_proxies::network::{Activation, Conv, Network, NetworkBuilder, Shape};

/// The benchmark.
pub(super) static BENCHMARK: Benchmark = Benchmark {
    name: "nb-macro",
    about: "NAS-Bench-Macro: chains of eight MobileNetV2 blocks, 6,561 architectures",
    notation: "eight digits, 0 to 2, in stages of 2, 3 and 3 blocks",
    example: "12021120",
    macro_settings: &[MacroSetting::CHANNELS, MacroSetting::CLASSES, MacroSetting::RESOLUTION],
    open: macro_settings::open::<NbMacro>,
    source: "Su et al., CVPR 2021: three trainings of each network on CIFAR-10; xiusu/NAS-Bench-Macro, nas-bench-macro_cifar10.json",
    protocols: &[],
    recipes: &recipe::RECIPES,
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: None,
    import: Some(import::read),
    naslib: None,
};

/// Blocks in each stage.
const STAGES: [usize; 3] = [2, 3, 3];

/// Blocks in all.
const BLOCKS: usize = STAGES[0] + STAGES[1] + STAGES[2];

/// Kinds of blocks.
const KINDS: usize = 3;

/// Output channels of the last convolution.
const HEAD: usize = 1280;

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NbMacro {
    /// Output channels of the stem; they double with each stage.
    pub channels: usize,
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
}

impl Default for NbMacro {
    /// The benchmark's settings: 32 channels, 10 classes, 32 x 32 images.
    fn default() -> Self {
        NbMacro { channels: 32, classes: 10, resolution: 32 }
    }
}

/// What each block is.
type Blocks = [usize; BLOCKS];

fn read(text: &str) -> Result<Blocks> {
    let bad = |reason: String| Error::Architecture { text: text.into(), reason };
    let digit = |c: char| c.to_digit(10).map(|digit| digit as usize).filter(|digit| *digit < KINDS);
    let blocks = text.chars().map(|c| digit(c).ok_or_else(|| bad(format!("a block is 0, 1 or 2, not `{c}`"))));
    let blocks = blocks.collect::<Result<Vec<usize>>>()?;
    let count = blocks.len();
    blocks.try_into().map_err(|_| bad(format!("{BLOCKS} blocks make a network, this has {count}")))
}

fn write(blocks: &[usize]) -> Arch {
    Arch(blocks.iter().map(usize::to_string).collect::<String>().into())
}

/// Moves identities to the end of their stage; those in front, which change the shape, stay.
fn canonical(mut blocks: Blocks) -> Blocks {
    let mut rest = &mut blocks[..];
    for depth in STAGES {
        let (stage, behind) = rest.split_at_mut(depth);
        stage[1..].sort_by_key(|&block| block == 0);
        rest = behind;
    }
    blocks
}

impl NbMacro {
    fn network_of(&self, blocks: Blocks) -> Result<Network> {
        let mut net = NetworkBuilder::new(Shape::new(3, self.resolution, self.resolution))?;
        let images = net.input();
        let x = conv_bn(&mut net, "stem.", ["conv", "bn"], Conv::same(self.channels, 3, 1), images)?;
        let mut x = activation(&mut net, "stem.relu".into(), Activation::Relu, x)?;
        net.mark_boundary(x);
        let mut kinds = blocks.into_iter();
        for (s, depth) in STAGES.into_iter().enumerate() {
            let channels = self.channels << (s + 1);
            for (b, kind) in kinds.by_ref().take(depth).enumerate() {
                let (prefix, stride) = (format!("stage{s}.block{b}."), if b == 0 { 2 } else { 1 });
                let block = |expansion, kernel| InvertedResidual {
                    channels,
                    expansion,
                    kernel,
                    stride,
                    activation: Activation::Relu,
                    squeeze: None,
                };
                x = match kind {
                    1 => block(3, 3).add(&mut net, &prefix, x)?,
                    2 => block(6, 5).add(&mut net, &prefix, x)?,
                    _ if b == 0 => {
                        conv_bn(&mut net, &prefix, ["down", "down_bn"], Conv::new(channels, 1).strided(stride), x)?
                    }
                    _ => continue,
                };
                net.mark_boundary(x);
            }
        }
        let x = conv_bn(&mut net, "head.", ["conv", "bn"], Conv::new(HEAD, 1), x)?;
        let x = activation(&mut net, "head.relu".into(), Activation::Relu, x)?;
        let logits = head(&mut net, self.classes, x)?;
        Ok(net.finish(logits)?)
    }
}

impl SearchSpace for NbMacro {
    fn name(&self) -> &str {
        BENCHMARK.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("channels", self.channels, 1..=1024), ("classes", self.classes, 1..=MOST_CLASSES)])?;
        check_resolution(self.resolution, STAGES.len())
    }

    fn read(&self, text: &str) -> Result<Arch> {
        read(text).map(|blocks| write(&blocks))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        self.network_of(read(arch.as_str())?)
    }

    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        self.network_of(canonical(read(arch.as_str())?)).map(Some)
    }

    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(Some(write(&canonical(read(arch.as_str())?)).to_string()))
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let blocks = read(arch.as_str())?;
        let stages = STAGES.into_iter().enumerate().flat_map(|(s, depth)| (0..depth).map(move |b| (s, b)));
        let parts = stages.zip(blocks).map(|((s, b), kind)| {
            let what = match kind {
                1 => "kernel 3, expansion 3",
                2 => "kernel 5, expansion 6",
                _ if b == 0 => "1x1 convolution",
                _ => "identity",
            };
            // An identity adds no layer, so there is none that could be dead.
            Part { text: format!("stage {s}, block {b}: {what}"), live: true }
        });
        Ok(parts.collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let firsts = [0, STAGES[0], STAGES[0] + STAGES[1]];
        let blocks = read(arch.as_str())?.into_iter().enumerate().map(|(place, kind)| match kind {
            1 => "k3 e3",
            2 => "k5 e6",
            _ if firsts.contains(&place) => "1x1",
            _ => "skip",
        });
        Ok(Drawing::chain(blocks.map(str::to_owned)))
    }
}

impl Enumerable for NbMacro {
    fn size(&self) -> u128 {
        places::count(self.choices())
    }

    /// The last block varies fastest.
    fn nth(&self, index: u128) -> Arch {
        write(&places::nth(self.choices(), index))
    }
}

impl Encoded for NbMacro {
    fn choices(&self) -> &[usize] {
        &[KINDS; BLOCKS]
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(read(arch.as_str())?.to_vec())
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        (choices.len() == BLOCKS && choices.iter().all(|&kind| kind < KINDS)).then(|| write(choices))
    }
}

//! `accel-nb`: Accel-NASBench.
//!
//! EfficientNet-like networks for ImageNet: seven groups of inverted residual blocks, each of which has an expansion (1, 4, 6), a kernel
//! (3, 5), a number of blocks (1 to 3; up to 4 in the sixth group) and squeeze-excite or not: 36^6 * 48 = 1.04e11 architectures, written
//! `e6k3l2se1|...`. No two are the same network. The benchmark trained 5,125 of them and measured them on accelerators.
//!
//! Every training configuration of the benchmark has ReLU, with a hard sigmoid as the gate of squeeze-excite; SiLU with a sigmoid is the
//! other setting of [`Act`]. Dropout and stochastic depth are left out.
//!
//! Source: Ahmad et al. 2024 (Accel-NASBench).

mod import;
mod notation;
#[cfg(test)]
mod tests;

use super::blocks::{InvertedResidual, SqueezeExcite, activation, conv_bn, head};
use super::macro_settings::{self, MOST_CLASSES, check_ranges};
use super::{Arch, Benchmark, Drawing, Encoded, Enumerable, MacroSetting, Part, SearchSpace, places};
use crate::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeronas_proxies::network::{Activation, Conv, Network, NetworkBuilder, Shape};

/// The benchmark.
pub(super) static BENCHMARK: Benchmark = Benchmark {
    name: "accel-nb",
    about: "Accel-NASBench: MBConv networks with squeeze-excite for ImageNet, 1.04e11 architectures",
    notation: "seven groups e6k3l2se1 joined by |: expansion 1, 4, 6; kernel 3, 5; blocks 1 to 3, in the sixth group to 4; squeeze-excite \
        0, 1",
    example: "e1k3l1se1|e6k3l2se1|e6k5l2se1|e6k3l3se1|e6k5l3se1|e6k5l4se1|e6k3l1se1",
    macro_settings: &[
        MacroSetting::CLASSES,
        MacroSetting::RESOLUTION,
        MacroSetting::word("activation", "Activation of its blocks", &["relu", "silu"]),
    ],
    open: macro_settings::open::<AccelNb>,
    source: "Ahmad et al., DAC 2024: one shortened training on ImageNet of each of 5,125 networks, and their throughput and latency on six \
        devices; afzalxo/Accel-NASBench, anb_dataset_jsons.tar.gz",
    protocols: &[],
    recipes: &[],
    aggregate: Some(&["az_expressivity", "meco_opt"]),
    query: None,
    import: Some(import::read),
    naslib: None,
};

/// Groups of blocks.
const GROUPS: usize = 7;

/// Output channels of the stem and of each group.
const STEM: usize = 32;
const CHANNELS: [usize; GROUPS] = [16, 24, 40, 80, 112, 192, 320];

/// Stride of each group's first block.
const STRIDES: [usize; GROUPS] = [1, 2, 2, 2, 1, 2, 1];

/// Output channels of the last convolution.
const HEAD: usize = 1280;

/// A group of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    expansion: usize,
    kernel: usize,
    blocks: usize,
    squeeze: bool,
}

/// The activation of the blocks, with the gate of squeeze-excite that comes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// ReLU, and a hard sigmoid.
    #[default]
    Relu,
    /// SiLU, and a sigmoid.
    Silu,
}

impl Act {
    fn pair(self) -> (Activation, Activation) {
        match self {
            Act::Relu => (Activation::Relu, Activation::HardSigmoid),
            Act::Silu => (Activation::Silu, Activation::Sigmoid),
        }
    }
}

/// The space with the macro settings of its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccelNb {
    /// Number of logits.
    pub classes: usize,
    /// Side of the images.
    pub resolution: usize,
    /// Activation of the blocks.
    pub activation: Act,
}

impl Default for AccelNb {
    /// The benchmark's settings: 1,000 classes, 224 x 224 images, ReLU.
    fn default() -> Self {
        AccelNb { classes: 1000, resolution: 224, activation: Act::Relu }
    }
}

impl SearchSpace for AccelNb {
    fn name(&self) -> &str {
        BENCHMARK.name
    }

    fn macro_settings(&self) -> Map<String, Value> {
        macro_settings::of(self)
    }

    fn check(&self) -> Result<()> {
        check_ranges(&[("classes", self.classes, 1..=MOST_CLASSES), ("resolution", self.resolution, 1..=1024)])
    }

    fn read(&self, text: &str) -> Result<Arch> {
        notation::read(text).map(|groups| notation::write(&groups))
    }

    fn network(&self, arch: &Arch) -> Result<Network> {
        let (act, gate) = self.activation.pair();
        let mut net = NetworkBuilder::new(Shape::new(3, self.resolution, self.resolution))?;
        let images = net.input();
        let x = conv_bn(&mut net, "stem.", ["conv", "bn"], Conv::same(STEM, 3, 2), images)?;
        let mut x = activation(&mut net, "stem.act".into(), act, x)?;
        net.mark_boundary(x);
        for (i, group) in notation::read(arch.as_str())?.into_iter().enumerate() {
            for b in 0..group.blocks {
                let squeeze = SqueezeExcite { channels: (net.shape(x).channels / 4).max(1), gate };
                let block = InvertedResidual {
                    channels: CHANNELS[i],
                    expansion: group.expansion,
                    kernel: group.kernel,
                    stride: if b == 0 { STRIDES[i] } else { 1 },
                    activation: act,
                    squeeze: group.squeeze.then_some(squeeze),
                };
                x = block.add(&mut net, &format!("stage{i}.block{b}."), x)?;
                net.mark_boundary(x);
            }
        }
        let x = conv_bn(&mut net, "head.", ["conv", "bn"], Conv::new(HEAD, 1), x)?;
        let x = activation(&mut net, "head.act".into(), act, x)?;
        let logits = head(&mut net, self.classes, x)?;
        Ok(net.finish(logits)?)
    }

    /// The network as written: it has no dead layers.
    fn canonical_network(&self, arch: &Arch) -> Result<Option<Network>> {
        self.network(arch).map(Some)
    }

    /// The architecture itself: no two are the same network.
    fn key(&self, arch: &Arch) -> Result<Option<String>> {
        Ok(Some(arch.to_string()))
    }

    fn enumerable(&self) -> Option<&dyn Enumerable> {
        Some(self)
    }

    fn encoded(&self) -> Option<&dyn Encoded> {
        Some(self)
    }

    fn graph(&self, arch: &Arch) -> Result<Vec<Part>> {
        let groups = notation::read(arch.as_str())?.into_iter().zip(CHANNELS).zip(STRIDES).enumerate();
        let parts = groups.map(|(i, ((group, channels), stride))| {
            let Group { expansion, kernel, blocks, squeeze } = group;
            let gate = if squeeze { ", squeeze-excite" } else { "" };
            let text = format!(
                "group {i}: {blocks} blocks of {channels} channels, stride {stride}, expansion {expansion}, kernel {kernel}{gate}"
            );
            Part { text, live: true }
        });
        Ok(parts.collect())
    }

    fn drawing(&self, arch: &Arch) -> Result<Drawing> {
        let groups = notation::read(arch.as_str())?.into_iter().map(|Group { expansion, kernel, blocks, squeeze }| {
            format!("{blocks}x e{expansion} k{kernel}{}", if squeeze { " se" } else { "" })
        });
        Ok(Drawing::chain(groups))
    }
}

impl Enumerable for AccelNb {
    fn size(&self) -> u128 {
        places::count(&notation::CHOICES)
    }

    /// The last choice of the last group varies fastest.
    fn nth(&self, index: u128) -> Arch {
        notation::write(&notation::groups(&places::nth(&notation::CHOICES, index)))
    }
}

impl Encoded for AccelNb {
    /// For each group: the expansion, the kernel, the number of blocks and squeeze-excite.
    fn choices(&self) -> &[usize] {
        &notation::CHOICES
    }

    fn encode(&self, arch: &Arch) -> Result<Vec<usize>> {
        Ok(notation::encode(&notation::read(arch.as_str())?))
    }

    fn decode(&self, choices: &[usize]) -> Option<Arch> {
        let fits = choices.len() == notation::CHOICES.len();
        let known = choices.iter().zip(notation::CHOICES).all(|(&choice, count)| choice < count);
        (fits && known).then(|| notation::write(&notation::groups(choices)))
    }
}

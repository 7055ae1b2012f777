//! A space as its file describes it.

use super::DESIGN;
use super::choice::{Act, Block, Choice, Gate, Operation};
use crate::Result;
use crate::space::macro_settings::{MOST_CLASSES, check_ranges, number, put};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::RangeInclusive;
use zeronas_proxies::network::Activation;

/// A search space: a stem, stages of blocks, a head. A setting that is a list is a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// The name of the space; by default that of its file, without the extension.
    #[serde(default)]
    pub name: String,
    /// Number of logits, unless the images decide it.
    #[serde(default = "ten")]
    pub classes: usize,
    /// Side of the images, unless they decide it.
    #[serde(default = "thirty_two")]
    pub resolution: usize,
    /// The activation of blocks that have none of their own.
    #[serde(default = "relu")]
    pub activation: Choice<Act>,
    /// The first layers.
    #[serde(default)]
    pub stem: Stem,
    /// The stages, in order.
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
    /// The last layers.
    #[serde(default)]
    pub head: Head,
}

/// A convolution, batch norm and, unless it is switched off, the activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stem {
    /// Output channels.
    #[serde(default = "sixteen")]
    pub channels: Choice<usize>,
    /// Side of its kernel.
    #[serde(default = "three")]
    pub kernel: Choice<usize>,
    /// Its stride.
    #[serde(default = "one")]
    pub stride: usize,
    /// Whether the activation follows.
    #[serde(default = "yes")]
    pub activate: bool,
    /// What the side of the images is divided by before anything else, by averages over squares.
    #[serde(default = "one_block", skip_serializing_if = "is_one")]
    pub shrink: Choice<usize>,
}

/// A sequence of blocks. The first has the stride and changes the channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The kind of its blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Choice<Block>>,
    /// Output channels; by default those of its input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Choice<usize>>,
    /// Number of blocks.
    #[serde(default = "one_block")]
    pub depth: Choice<usize>,
    /// Stride of the first block.
    #[serde(default = "one_block")]
    pub stride: Choice<usize>,
    /// Side of the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Choice<usize>>,
    /// How many times wider an `mbconv` is inside, or narrower a `bottleneck`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expansion: Option<Choice<usize>>,
    /// The activation; by default that of the space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Choice<Act>>,
    /// Whether squeeze-excite follows the convolutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Choice<Gate>>,
    /// The edges of a `cell`: for each node after the input, the operations on its edges from all nodes before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Vec<Choice<Operation>>>,
    /// Whole blocks to choose from, in place of choices for single settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<BlockOption>,
    /// Whether a stage's blocks are all alike, or each is chosen by itself.
    #[serde(default, skip_serializing_if = "is_stage")]
    pub vary: Vary,
}

/// One block to choose; what it leaves open is as in its stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockOption {
    /// The name that architectures use for it.
    pub name: String,
    /// The kind of the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// Side of the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<usize>,
    /// How many times wider or narrower the block is inside, as in the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expansion: Option<usize>,
    /// The activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Act>,
    /// Whether squeeze-excite follows the convolutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
}

/// What is chosen together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vary {
    /// All blocks of a stage.
    #[default]
    Stage,
    /// Every block by itself.
    Block,
}

/// The layers before the global average and the linear layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Output channels of a 1x1 convolution with batch norm and activation, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Choice<usize>>,
    /// Whether there are batch norm and activation if there is no convolution.
    #[serde(default)]
    pub norm: bool,
}

impl Default for Design {
    /// A space without stages yet.
    fn default() -> Self {
        Design {
            name: String::new(),
            classes: ten(),
            resolution: thirty_two(),
            activation: relu(),
            stem: Stem::default(),
            stages: Vec::new(),
            head: Head::default(),
        }
    }
}

impl Default for Stage {
    /// A stage without blocks yet.
    fn default() -> Self {
        Stage {
            block: None,
            channels: None,
            depth: one_block(),
            stride: one_block(),
            kernel: None,
            expansion: None,
            activation: None,
            gate: None,
            nodes: Vec::new(),
            options: Vec::new(),
            vary: Vary::default(),
        }
    }
}

impl Default for Stem {
    fn default() -> Self {
        Stem { channels: sixteen(), kernel: three(), stride: one(), activate: yes(), shrink: one_block() }
    }
}

fn is_one(choice: &Choice<usize>) -> bool {
    choice.0 == [1]
}

fn ten() -> usize {
    10
}

fn thirty_two() -> usize {
    32
}

fn relu() -> Choice<Act> {
    Choice::only(Act(Activation::Relu))
}

fn sixteen() -> Choice<usize> {
    Choice::only(16)
}

fn three() -> Choice<usize> {
    Choice::only(3)
}

fn one() -> usize {
    1
}

fn one_block() -> Choice<usize> {
    Choice::only(1)
}

fn yes() -> bool {
    true
}

fn is_stage(vary: &Vary) -> bool {
    *vary == Vary::Stage
}

const CHANNELS: RangeInclusive<usize> = 1..=4096;
const KERNELS: RangeInclusive<usize> = 1..=31;
const STRIDES: RangeInclusive<usize> = 1..=8;
const EXPANSIONS: RangeInclusive<usize> = 1..=16;
const DEPTHS: RangeInclusive<usize> = 1..=64;
const MOST_STAGES: usize = 64;
const MOST_NODES: usize = 16;

/// The outcome of a check; an error says what is wrong with the space, and in which part.
type Checked = std::result::Result<(), String>;

impl Design {
    /// Replaces classes and resolution, if others are asked for.
    ///
    /// # Errors
    /// Names the setting that such a space does not have, or whose value is invalid.
    pub(super) fn put(&mut self, asked: &[(&str, Value)]) -> Result<()> {
        let own = [("classes", self.classes), ("resolution", self.resolution)];
        let mut settings = own.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let asked: Vec<(&str, Value)> = asked.iter().filter(|(name, _)| *name != DESIGN).cloned().collect();
        put(&self.name, &mut settings, &asked)?;
        [self.classes, self.resolution] = ["classes", "resolution"].map(|name| number(&settings, name));
        check_ranges(&[("classes", self.classes, 1..=MOST_CLASSES), ("resolution", self.resolution, 1..=1024)])
    }

    /// Checks that its settings make sense; an error says which one does not and where it is.
    pub fn check(&self) -> Checked {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.name.is_empty() || !self.name.chars().all(is_word) {
            return Err(format!("`name`: `{}` must be letters, digits, dots, dashes and underscores", self.name));
        }
        numbers("classes", [self.classes], 1..=MOST_CLASSES)?;
        numbers("resolution", [self.resolution], 1..=1024)?;
        let Stem { channels, kernel, stride, shrink, .. } = &self.stem;
        within("stem", numbers("channels", channels.0.iter().copied(), CHANNELS))?;
        within("stem", kernels(kernel.0.iter().copied()))?;
        within("stem", numbers("stride", [*stride], STRIDES))?;
        within("stem", numbers("shrink", shrink.0.iter().copied(), STRIDES))?;
        if !(1..=MOST_STAGES).contains(&self.stages.len()) {
            return Err(format!("`stage`: there must be 1 to {MOST_STAGES}, not {}", self.stages.len()));
        }
        for (i, stage) in self.stages.iter().enumerate() {
            within(&format!("stage {}", i + 1), stage.check())?;
        }
        let channels = self.head.channels.iter().flat_map(|channels| channels.0.iter().copied());
        within("head", numbers("channels", channels, CHANNELS))
    }
}

impl Stage {
    /// The kinds of blocks that it can have.
    pub fn blocks(&self) -> Vec<Block> {
        let own = self.block.as_ref().map_or(Vec::new(), |blocks| blocks.0.clone());
        if self.options.is_empty() {
            return own;
        }
        self.options.iter().filter_map(|option| option.block.or(own.first().copied())).collect()
    }

    fn check(&self) -> Checked {
        let all =
            |choice: &Option<Choice<usize>>| choice.iter().flat_map(|choice| choice.0.clone()).collect::<Vec<_>>();
        let of_options = |value: fn(&BlockOption) -> Option<usize>| self.options.iter().filter_map(value);
        numbers("channels", all(&self.channels), CHANNELS)?;
        numbers("depth", self.depth.0.iter().copied(), DEPTHS)?;
        numbers("stride", self.stride.0.iter().copied(), STRIDES)?;
        kernels(all(&self.kernel).into_iter().chain(of_options(|option| option.kernel)))?;
        numbers(
            "expansion",
            all(&self.expansion).into_iter().chain(of_options(|option| option.expansion)),
            EXPANSIONS,
        )?;
        self.check_options()?;
        self.check_blocks()?;
        self.check_nodes()
    }

    fn check_options(&self) -> Checked {
        let Some(first) = self.options.first() else { return Ok(()) };
        for (i, option) in self.options.iter().enumerate() {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if option.name.is_empty() || !option.name.chars().all(is_word) {
                return Err(format!(
                    "option {}: its name `{}` must be letters, digits, dashes and underscores",
                    i + 1,
                    option.name
                ));
            }
            if self.options[..i].iter().any(|other| other.name == option.name) {
                return Err(format!("two options are called `{}`", option.name));
            }
            if option.block.is_none() && self.block.is_none() {
                return Err(format!("neither the stage nor its option `{}` says which `block` it is", option.name));
            }
        }
        let listed = [
            ("block", self.block.as_ref().map_or(0, |values| values.0.len())),
            ("kernel", self.kernel.as_ref().map_or(0, |values| values.0.len())),
            ("expansion", self.expansion.as_ref().map_or(0, |values| values.0.len())),
            ("activation", self.activation.as_ref().map_or(0, |values| values.0.len())),
            ("gate", self.gate.as_ref().map_or(0, |values| values.0.len())),
        ];
        match listed.into_iter().find(|(_, count)| *count > 1) {
            Some((key, _)) => {
                Err(format!("`{key}` is a list beside `options`; put its values into options such as `{}`", first.name))
            }
            None => Ok(()),
        }
    }

    /// Checks that every setting applies to some block.
    fn check_blocks(&self) -> Checked {
        let blocks = self.blocks();
        if blocks.is_empty() {
            return Err(
                "`block` is missing: plain, residual, preact, bottleneck, mbconv, separable, cell or identity".into()
            );
        }
        let has = |kinds: &[Block]| blocks.iter().any(|block| kinds.contains(block));
        let convolves = blocks.iter().any(|block| !matches!(block, Block::Cell | Block::Identity));
        let given = |own: bool, of_option: fn(&BlockOption) -> bool| own || self.options.iter().any(of_option);
        let idle = [
            ("kernel", given(self.kernel.is_some(), |option| option.kernel.is_some()), convolves),
            ("gate", given(self.gate.is_some(), |option| option.gate.is_some()), convolves),
            (
                "expansion",
                given(self.expansion.is_some(), |option| option.expansion.is_some()),
                has(&[Block::Mbconv, Block::Bottleneck]),
            ),
            ("nodes", !self.nodes.is_empty(), has(&[Block::Cell])),
        ];
        match idle.into_iter().find(|(_, is_given, is_used)| *is_given && !is_used) {
            Some((key, ..)) => Err(format!("`{key}` means nothing to its blocks")),
            None => Ok(()),
        }
    }

    fn check_nodes(&self) -> Checked {
        if self.blocks().contains(&Block::Cell) && self.nodes.is_empty() {
            return Err("`nodes` is missing: a cell needs the operations of its edges".into());
        }
        if self.nodes.len() > MOST_NODES {
            return Err(format!("`nodes`: a cell has at most {MOST_NODES}, not {}", self.nodes.len()));
        }
        for (i, edges) in self.nodes.iter().enumerate() {
            if edges.len() != i + 1 {
                let nodes = if i == 0 { "the input".to_owned() } else { format!("the input and {i} nodes before it") };
                return Err(format!(
                    "`nodes`: node {} has {} edges; there are {nodes}, and each needs one",
                    i + 1,
                    edges.len()
                ));
            }
        }
        Ok(())
    }
}

fn within(part: &str, checked: Checked) -> Checked {
    checked.map_err(|reason| format!("{part}: {reason}"))
}

fn numbers(key: &str, values: impl IntoIterator<Item = usize>, range: RangeInclusive<usize>) -> Checked {
    match values.into_iter().find(|value| !range.contains(value)) {
        Some(value) => Err(format!("`{key}`: must be {} to {}, not {value}", range.start(), range.end())),
        None => Ok(()),
    }
}

fn kernels(values: impl IntoIterator<Item = usize>) -> Checked {
    match values.into_iter().find(|value| !KERNELS.contains(value) || value.is_multiple_of(2)) {
        Some(value) => Err(format!("`kernel`: must be odd, {} to {}, not {value}", KERNELS.start(), KERNELS.end())),
        None => Ok(()),
    }
}

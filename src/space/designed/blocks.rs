//! The blocks of designed spaces as layers.

use super::choice::{Block, Gate, Operation};
use crate::Result;
use crate::space::blocks::{InvertedResidual, SqueezeExcite, activation, conv_bn};
use zeronas_proxies::network::{Activation, AveragePool, Conv, LayerId, MaxPool, NetworkBuilder, Op, Zero};

/// A block with all its settings decided.
#[derive(Clone, Debug)]
pub struct Settled {
    pub block: Block,
    pub channels: usize,
    pub stride: usize,
    pub kernel: usize,
    pub expansion: Option<usize>,
    pub activation: Activation,
    pub gate: Gate,
    /// The operations of a cell, node by node.
    pub nodes: Vec<Vec<Operation>>,
}

/// How many times wider an `mbconv` is inside, and how many times narrower a `bottleneck`, by default.
const MBCONV: usize = 6;
const BOTTLENECK: usize = 4;

/// How many times fewer channels a squeeze-excite has between its convolutions.
const SQUEEZE: usize = 4;

impl Settled {
    /// Adds the block, whose layers' names begin with `prefix`. Returns its result, which is the input if the block has no layers.
    pub fn add(&self, net: &mut NetworkBuilder, prefix: &str, input: LayerId) -> Result<LayerId> {
        let (channels, act) = (self.channels, self.activation);
        let same = |kernel, stride| Conv::same(channels, kernel, stride);
        match self.block {
            Block::Plain => {
                let x = conv_bn(net, prefix, ["conv", "bn"], same(self.kernel, self.stride), input)?;
                let x = activation(net, format!("{prefix}act"), act, x)?;
                self.gated(net, prefix, channels, x)
            }
            Block::Separable => {
                let read = net.shape(input).channels;
                let depthwise = Conv::same(read, self.kernel, self.stride).grouped(read);
                let x = conv_bn(net, prefix, ["depthwise", "depthwise_bn"], depthwise, input)?;
                let x = activation(net, format!("{prefix}depthwise_act"), act, x)?;
                let x = conv_bn(net, prefix, ["pointwise", "pointwise_bn"], same(1, 1), x)?;
                let x = activation(net, format!("{prefix}act"), act, x)?;
                self.gated(net, prefix, channels, x)
            }
            Block::Residual => {
                let x = conv_bn(net, prefix, ["conv_a", "bn_a"], same(self.kernel, self.stride), input)?;
                let x = activation(net, format!("{prefix}act_a"), act, x)?;
                let x = conv_bn(net, prefix, ["conv_b", "bn_b"], same(self.kernel, 1), x)?;
                self.joined(net, prefix, x, input)
            }
            Block::Bottleneck => {
                let inside = (channels / self.expansion.unwrap_or(BOTTLENECK)).max(1);
                let x = conv_bn(net, prefix, ["reduce", "reduce_bn"], Conv::new(inside, 1), input)?;
                let x = activation(net, format!("{prefix}reduce_act"), act, x)?;
                let x = conv_bn(net, prefix, ["conv", "bn"], Conv::same(inside, self.kernel, self.stride), x)?;
                let x = activation(net, format!("{prefix}conv_act"), act, x)?;
                let x = conv_bn(net, prefix, ["expand", "expand_bn"], same(1, 1), x)?;
                self.joined(net, prefix, x, input)
            }
            Block::Preact => self.preact(net, prefix, input),
            Block::Mbconv => {
                let squeeze = SqueezeExcite { channels: squeezed(net.shape(input).channels), gate: gate_of(act) };
                let block = InvertedResidual {
                    channels,
                    expansion: self.expansion.unwrap_or(MBCONV),
                    kernel: self.kernel,
                    stride: self.stride,
                    activation: act,
                    squeeze: (self.gate == Gate::Se).then_some(squeeze),
                };
                block.add(net, prefix, input)
            }
            Block::Cell => self.cell(net, prefix, input),
            Block::Identity if self.keeps(net, input) => Ok(input),
            Block::Identity => conv_bn(net, prefix, ["down", "down_bn"], same(1, self.stride), input),
        }
    }

    /// Whether its output has the shape of this input.
    fn keeps(&self, net: &NetworkBuilder, input: LayerId) -> bool {
        self.stride == 1 && net.shape(input).channels == self.channels
    }

    /// Adds squeeze-excite after a block's convolutions, if the block has it.
    fn gated(&self, net: &mut NetworkBuilder, prefix: &str, channels: usize, x: LayerId) -> Result<LayerId> {
        match self.gate {
            Gate::None => Ok(x),
            Gate::Se => {
                let squeeze = SqueezeExcite { channels: squeezed(channels), gate: gate_of(self.activation) };
                squeeze.add(net, prefix, self.activation, x)
            }
        }
    }

    /// Adds the end of ResNet's blocks: the input, made to fit, is added, and the activation follows.
    fn joined(&self, net: &mut NetworkBuilder, prefix: &str, x: LayerId, input: LayerId) -> Result<LayerId> {
        let x = self.gated(net, prefix, self.channels, x)?;
        let shortcut = if self.keeps(net, input) {
            input
        } else {
            conv_bn(net, prefix, ["down", "down_bn"], Conv::same(self.channels, 1, self.stride), input)?
        };
        let sum = net.sum(format!("{prefix}sum"), &[x, shortcut])?;
        activation(net, format!("{prefix}act_b"), self.activation, sum)
    }

    fn preact(&self, net: &mut NetworkBuilder, prefix: &str, input: LayerId) -> Result<LayerId> {
        let mut x = input;
        for (part, stride) in [("a", self.stride), ("b", 1)] {
            x = activation(net, format!("{prefix}act_{part}"), self.activation, x)?;
            let conv = Conv::same(self.channels, self.kernel, stride);
            x = conv_bn(net, prefix, [&format!("conv_{part}"), &format!("bn_{part}")], conv, x)?;
        }
        let x = self.gated(net, prefix, self.channels, x)?;
        let mut shortcut = input;
        if self.stride > 1 {
            // Rounded up, as the convolutions beside it are.
            let pool = AveragePool { ceil: true, ..AveragePool::new(self.stride, self.stride, 0) };
            shortcut = net.add(format!("{prefix}pool"), Op::AveragePool(pool), &[shortcut])?;
        }
        if !self.keeps(net, input) {
            shortcut = net.add(format!("{prefix}down"), Op::Conv(Conv::new(self.channels, 1)), &[shortcut])?;
        }
        Ok(net.sum(format!("{prefix}sum"), &[shortcut, x])?)
    }

    /// Adds a graph of operations: every node is the sum of its incoming edges, and the last one is the result. Edges from the input have the
    /// stride and change the channels.
    fn cell(&self, net: &mut NetworkBuilder, prefix: &str, input: LayerId) -> Result<LayerId> {
        let mut nodes = vec![input];
        for (i, edges) in self.nodes.iter().enumerate() {
            let to = i + 1;
            let results = edges.iter().zip(&nodes).enumerate().map(|(from, (&operation, &x))| {
                let stride = if from == 0 { self.stride } else { 1 };
                self.edge(net, &format!("{prefix}edge{to}_{from}."), operation, stride, x)
            });
            let results = results.collect::<Result<Vec<_>>>()?;
            nodes.push(match results.as_slice() {
                [only] => *only,
                results => net.sum(format!("{prefix}node{to}"), results)?,
            });
        }
        Ok(nodes.pop().unwrap_or(input))
    }

    fn edge(
        &self,
        net: &mut NetworkBuilder,
        prefix: &str,
        operation: Operation,
        stride: usize,
        x: LayerId,
    ) -> Result<LayerId> {
        let (channels, read) = (self.channels, net.shape(x).channels);
        let mut convolved = |kernel: usize, is_separable: bool| {
            let x = activation(net, format!("{prefix}act"), self.activation, x)?;
            if !is_separable {
                return conv_bn(net, prefix, ["conv", "bn"], Conv::same(channels, kernel, stride), x);
            }
            let depthwise = Op::Conv(Conv::same(read, kernel, stride).grouped(read));
            let x = net.add(format!("{prefix}depthwise"), depthwise, &[x])?;
            conv_bn(net, prefix, ["conv", "bn"], Conv::new(channels, 1), x)
        };
        match operation {
            Operation::Conv1x1 => convolved(1, false),
            Operation::Conv3x3 => convolved(3, false),
            Operation::Conv5x5 => convolved(5, false),
            Operation::Sep3x3 => convolved(3, true),
            Operation::Sep5x5 => convolved(5, true),
            Operation::None => {
                let zero = Zero { channels: (channels != read).then_some(channels), stride: stride.into() };
                Ok(net.add(format!("{prefix}none"), Op::Zero(zero), &[x])?)
            }
            Operation::Skip if stride == 1 && channels == read => Ok(x),
            Operation::Skip => conv_bn(net, prefix, ["conv", "bn"], Conv::same(channels, 1, stride), x),
            Operation::AvgPool3x3 => {
                let x = net.add(format!("{prefix}pool"), Op::AveragePool(AveragePool::new(3, stride, 1)), &[x])?;
                self.widened(net, prefix, x)
            }
            Operation::MaxPool3x3 => {
                let x = net.add(format!("{prefix}pool"), Op::MaxPool(MaxPool::new(3, stride, 1)), &[x])?;
                self.widened(net, prefix, x)
            }
        }
    }

    /// Gives a value the channels of the block.
    fn widened(&self, net: &mut NetworkBuilder, prefix: &str, x: LayerId) -> Result<LayerId> {
        if net.shape(x).channels == self.channels {
            return Ok(x);
        }
        conv_bn(net, prefix, ["conv", "bn"], Conv::new(self.channels, 1), x)
    }
}

fn squeezed(channels: usize) -> usize {
    (channels / SQUEEZE).max(1)
}

/// The gate's activation in the squeeze-excite of a block with this activation.
fn gate_of(activation: Activation) -> Activation {
    match activation {
        Activation::Relu | Activation::Relu6 | Activation::HardSwish => Activation::HardSigmoid,
        _ => Activation::Sigmoid,
    }
}

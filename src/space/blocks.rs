//! Blocks that several spaces share.

use crate::Result;
use zeronas_proxies::network::{
    Activation, BatchNorm, Concat, Conv, Crop, GlobalAverage, LayerId, Linear, Mul, NetworkBuilder, Op,
};

/// Adds an activation.
pub(super) fn activation(net: &mut NetworkBuilder, name: String, kind: Activation, input: LayerId) -> Result<LayerId> {
    Ok(net.add(name, Op::Activation(kind), &[input])?)
}

/// Adds a convolution and its batch norm, named `prefix` followed by `conv` and by `bn`.
pub(super) fn conv_bn(
    net: &mut NetworkBuilder,
    prefix: &str,
    [conv, bn]: [&str; 2],
    kind: Conv,
    input: LayerId,
) -> Result<LayerId> {
    let convolved = net.add(format!("{prefix}{conv}"), Op::Conv(kind), &[input])?;
    Ok(net.add(format!("{prefix}{bn}"), Op::BatchNorm(BatchNorm::new()), &[convolved])?)
}

/// Adds a factorised reduction: a ReLU, then two 1x1 convolutions of stride 2 side by side, the second on the image without its first
/// row and column, and a batch norm. `padded` appends a row and a column to what the second reads, so that odd sides work, too.
pub(super) fn factorised_reduction(
    net: &mut NetworkBuilder,
    name: &str,
    input: LayerId,
    channels: usize,
    padded: bool,
    norm: BatchNorm,
) -> Result<LayerId> {
    let relu = net.add(format!("{name}.relu"), Op::RELU, &[input])?;
    let half = |channels| Conv::new(channels, 1).strided(2);
    let one = net.add(format!("{name}.conv_a"), Op::Conv(half(channels / 2)), &[relu])?;
    let shifted = net.add(format!("{name}.crop"), Op::Crop(Crop { margin: [1, 1, 0, 0].into() }), &[relu])?;
    let behind = if padded { [0, 0, 1, 1] } else { [0; 4] };
    let other = Op::Conv(half(channels - channels / 2).padded(behind));
    let other = net.add(format!("{name}.conv_b"), other, &[shifted])?;
    let both = net.add(format!("{name}.concat"), Op::Concat(Concat), &[one, other])?;
    Ok(net.add(format!("{name}.bn"), Op::BatchNorm(norm), &[both])?)
}

/// Global average and a linear layer: `head.pool` and `head.fc`.
pub(super) fn head(net: &mut NetworkBuilder, classes: usize, input: LayerId) -> Result<LayerId> {
    let pooled = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[input])?;
    Ok(net.add("head.fc", Op::Linear(Linear::new(classes)), &[pooled])?)
}

/// A squeeze-excite gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct SqueezeExcite {
    /// Channels between its two convolutions.
    pub channels: usize,
    /// The activation of its output.
    pub gate: Activation,
}

impl SqueezeExcite {
    /// Adds the gate (Hu et al. 2018); its layers' names begin with `prefix` and `se.`.
    pub fn add(&self, net: &mut NetworkBuilder, prefix: &str, act: Activation, x: LayerId) -> Result<LayerId> {
        let pooled = net.add(format!("{prefix}se.pool"), Op::GlobalAverage(GlobalAverage), &[x])?;
        let conv = |channels| Op::Conv(Conv::new(channels, 1).with_bias());
        let reduced = net.add(format!("{prefix}se.reduce"), conv(self.channels), &[pooled])?;
        let reduced = activation(net, format!("{prefix}se.act"), act, reduced)?;
        let expanded = net.add(format!("{prefix}se.expand"), conv(net.shape(x).channels), &[reduced])?;
        let gate = activation(net, format!("{prefix}se.gate"), self.gate, expanded)?;
        Ok(net.add(format!("{prefix}se.mul"), Op::Mul(Mul), &[x, gate])?)
    }
}

/// An inverted residual block (Sandler et al. 2018, MobileNetV2).
#[derive(Clone, Copy, Debug)]
pub(super) struct InvertedResidual {
    /// Output channels.
    pub channels: usize,
    /// Channels of the depthwise convolution, as a multiple of the input's; at 1 there is no convolution before it.
    pub expansion: usize,
    /// Kernel of the depthwise convolution.
    pub kernel: usize,
    /// Stride of the depthwise convolution.
    pub stride: usize,
    /// The activation after each batch norm except the last.
    pub activation: Activation,
    /// The gate after the depthwise convolution, if there is one.
    pub squeeze: Option<SqueezeExcite>,
}

impl InvertedResidual {
    /// Adds the block; its layers' names begin with `prefix`. The input is added to its output where the shapes are equal.
    pub fn add(&self, net: &mut NetworkBuilder, prefix: &str, input: LayerId) -> Result<LayerId> {
        let channels = net.shape(input).channels;
        let wide = channels * self.expansion;
        let act = self.activation;
        let mut x = input;
        if self.expansion != 1 {
            x = conv_bn(net, prefix, ["expand", "expand_bn"], Conv::new(wide, 1), x)?;
            x = activation(net, format!("{prefix}expand_act"), act, x)?;
        }
        let depthwise = Conv::same(wide, self.kernel, self.stride).grouped(wide);
        x = conv_bn(net, prefix, ["depthwise", "depthwise_bn"], depthwise, x)?;
        x = activation(net, format!("{prefix}depthwise_act"), act, x)?;
        if let Some(squeeze) = self.squeeze {
            x = squeeze.add(net, prefix, act, x)?;
        }
        x = conv_bn(net, prefix, ["project", "project_bn"], Conv::new(self.channels, 1), x)?;
        if self.stride == 1 && channels == self.channels {
            x = net.sum(format!("{prefix}sum"), &[x, input])?;
        }
        Ok(x)
    }
}

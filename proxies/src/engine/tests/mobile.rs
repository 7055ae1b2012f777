//! Networks of layers found in practice: grouped, depthwise and dilated convolutions, biases, rectangular kernels, activations other
//! than ReLU, norms without scale and shift, pools that count their padding, split and shuffled channels, layer scales.

use super::networks::{average, conv, fc, network};
use crate::network::{
    Activation, AveragePool, BatchNorm, ChannelShuffle, Concat, Conv, Crop, Flatten, GlobalAverage, GlobalMax,
    LayerNorm, Linear, MaxPool, Mul, Network, Op, Scale, Shape, Sum, Truncate,
};

const BN: Op = Op::BatchNorm(BatchNorm::new());
const SUM: Op = Op::Sum(Sum);
const GLOBAL: Op = Op::GlobalAverage(GlobalAverage);

fn act(activation: Activation) -> Op {
    Op::Activation(activation)
}

fn depthwise(channels: usize, kernel: usize, stride: usize) -> Op {
    Op::Conv(Conv::same(channels, kernel, stride).grouped(channels))
}

fn cut(channels: usize, first: usize) -> Op {
    Op::Truncate(Truncate { channels, first })
}

fn shuffle(groups: usize) -> Op {
    Op::ChannelShuffle(ChannelShuffle { groups })
}

fn scale(init: f64) -> Op {
    Op::Scale(Scale { init })
}

/// Networks that both fast engines support.
pub(in super::super) fn mobile_networks() -> Vec<(&'static str, Network)> {
    use Activation::{Gelu, HardSigmoid, HardSwish, LeakyRelu, Relu, Relu6, Sigmoid, Silu, Tanh};
    let plain = BN;
    let bare = || Op::BatchNorm(BatchNorm::new().without_affine().with_epsilon(1e-3));
    vec![
        (
            "inverted residuals with ReLU6, SiLU and hard swish",
            network(
                Shape::new(3, 11, 9),
                &[
                    ("stem", conv(8, 3, 1, 1), &["x"]),
                    ("b0", plain.clone(), &["stem"]),
                    ("a0", act(Relu6), &["b0"]),
                    ("wide", conv(20, 1, 1, 0), &["a0"]),
                    ("b1", bare(), &["wide"]),
                    ("a1", act(Relu6), &["b1"]),
                    ("deep", depthwise(20, 3, 1), &["a1"]),
                    ("b2", plain.clone(), &["deep"]),
                    ("a2", act(Silu), &["b2"]),
                    ("squeeze", GLOBAL, &["a2"]),
                    ("less", Op::Conv(Conv::new(5, 1).with_bias()), &["squeeze"]),
                    ("as", act(Relu), &["less"]),
                    ("more", Op::Conv(Conv::new(20, 1).with_bias()), &["as"]),
                    ("gate", act(HardSigmoid), &["more"]),
                    ("se", Op::Mul(Mul), &["gate", "a2"]),
                    ("thin", conv(8, 1, 1, 0), &["se"]),
                    ("b3", plain.clone(), &["thin"]),
                    ("sum", SUM, &["b3", "a0"]),
                    ("a3", act(HardSwish), &["sum"]),
                    ("also", act(Silu), &["sum"]),
                    ("down", depthwise(8, 5, 2), &["a3"]),
                    ("b4", plain.clone(), &["down"]),
                    ("other", depthwise(8, 7, 2), &["also"]),
                    ("b5", plain.clone(), &["other"]),
                    ("join", SUM, &["b4", "b5"]),
                    ("a4", act(Relu), &["join"]),
                    ("mean", GLOBAL, &["a4"]),
                    ("logits", fc(5), &["mean"]),
                ],
                &["b0", "sum", "join"],
            ),
        ),
        (
            "groups, dilation, rectangles and biases under smooth activations",
            network(
                Shape::new(1, 12, 10),
                &[
                    ("stem", Op::Conv(Conv::new(12, [5, 3]).padded([2, 1]).strided([2, 1]).with_bias()), &["x"]),
                    ("a0", act(Gelu), &["stem"]),
                    ("groups", Op::Conv(Conv::same(18, 3, 1).grouped(3).with_bias()), &["a0"]),
                    ("b0", plain.clone(), &["groups"]),
                    ("a1", act(LeakyRelu { slope: 0.1 }), &["b0"]),
                    ("apart", Op::Conv(Conv::new(18, 3).padded(2).dilated(2).grouped(18)), &["a1"]),
                    ("b1", bare(), &["apart"]),
                    ("wide", Op::Conv(Conv::new(6, 3).padded([3, 1, 2, 2]).dilated([2, 1]).strided(2)), &["b1"]),
                    ("a2", act(Tanh), &["wide"]),
                    ("a3", act(Sigmoid), &["wide"]),
                    ("sum", SUM, &["a2", "a3"]),
                    ("narrow", Op::Conv(Conv::new(6, 1).grouped(2)), &["sum"]),
                    ("a4", act(HardSigmoid), &["narrow"]),
                    ("both", Op::Concat(Concat), &["a4", "sum"]),
                    ("b2", plain.clone(), &["both"]),
                    ("a6", act(Gelu), &["b2"]),
                    ("mean", GLOBAL, &["a6"]),
                    // Without a bias: the batch norm would cancel it, and leave only rounding errors of its gradient.
                    ("hidden", Op::Linear(Linear::new(7).without_bias()), &["mean"]),
                    ("b3", plain.clone(), &["hidden"]),
                    ("a5", act(Silu), &["b3"]),
                    ("logits", Op::Linear(Linear::new(4).without_bias()), &["a5"]),
                ],
                &["b0", "sum"],
            ),
        ),
        (
            "pools that overhang and count their padding, activations of what no combination yields",
            network(
                Shape::new(8, 9, 10),
                &[
                    ("mean0", Op::AveragePool(AveragePool { ceil: true, ..AveragePool::new(3, 2, 1) }), &["x"]),
                    ("a0", act(Silu), &["mean0"]),
                    (
                        "mean1",
                        Op::AveragePool(AveragePool {
                            ceil: true,
                            count_include_padding: true,
                            ..AveragePool::new([3, 2], [2, 3], [1, 1, 1, 0])
                        }),
                        &["a0"],
                    ),
                    ("a1", act(Relu6), &["mean1"]),
                    ("deep", Op::Conv(Conv::same(8, 3, 1).grouped(8).with_bias()), &["a1"]),
                    ("max", Op::MaxPool(MaxPool { ceil: true, ..MaxPool::new(2, 2, 0) }), &["a0"]),
                    ("a2", act(HardSwish), &["max"]),
                    ("b0", plain, &["a2"]),
                    ("pool", average(3, 1, 1), &["b0"]),
                    ("mean2", GLOBAL, &["pool"]),
                    ("mean3", Op::GlobalMax(GlobalMax), &["deep"]),
                    ("sum", SUM, &["mean2", "mean3"]),
                    ("twice", Op::Mul(Mul), &["sum", "sum"]),
                    ("flat", Op::Flatten(Flatten), &["a1"]),
                    ("part", fc(8), &["flat"]),
                    ("all", SUM, &["twice", "part"]),
                    ("logits", act(HardSwish), &["all"]),
                ],
                &["a0", "sum"],
            ),
        ),
        (
            "channels split and shuffled, with a ReLU between and without",
            network(
                Shape::new(3, 7, 6),
                &[
                    ("stem", conv(20, 3, 1, 1), &["x"]),
                    ("b0", BN, &["stem"]),
                    ("one", cut(10, 0), &["b0"]),
                    ("other", cut(10, 10), &["b0"]),
                    ("deep", depthwise(10, 3, 1), &["other"]),
                    ("b1", BN, &["deep"]),
                    ("a1", act(Relu), &["b1"]),
                    ("point", conv(10, 1, 1, 0), &["a1"]),
                    ("b2", BN, &["point"]),
                    ("both", Op::Concat(Concat), &["one", "b2"]),
                    ("dealt", shuffle(2), &["both"]),
                    ("a2", act(Relu), &["dealt"]),
                    ("again", shuffle(5), &["a2"]),
                    ("middle", cut(7, 4), &["a2"]),
                    ("part", conv(20, 3, 1, 1), &["middle"]),
                    ("sum", SUM, &["again", "part", "dealt"]),
                    ("mean", GLOBAL, &["sum"]),
                    ("logits", fc(4), &["mean"]),
                ],
                &["b0", "dealt", "sum"],
            ),
        ),
        (
            "layer scales of maps, of activations and of logits",
            network(
                Shape::new(3, 6, 7),
                &[
                    ("stem", conv(9, 3, 1, 1), &["x"]),
                    ("s0", scale(0.5), &["stem"]),
                    ("b0", BN, &["s0"]),
                    ("a0", act(Relu), &["b0"]),
                    ("deep", depthwise(9, 3, 1), &["a0"]),
                    ("s1", scale(-2.0), &["deep"]),
                    ("sum", SUM, &["s1", "a0"]),
                    ("a1", act(Gelu), &["sum"]),
                    ("s2", scale(1.0), &["a1"]),
                    ("mean", GLOBAL, &["s2"]),
                    ("fc", fc(5), &["mean"]),
                    ("logits", scale(0.25), &["fc"]),
                ],
                &["b0", "sum"],
            ),
        ),
    ]
}

/// Networks with layer norms and crops.
pub(in super::super) fn norm_networks() -> Vec<(&'static str, Network)> {
    let norm = |affine| Op::LayerNorm(LayerNorm { affine, eps: 1e-5 });
    let crop = Op::Crop(Crop { margin: [1, 0, 0, 1].into() });
    let layers: &[(&str, Op, &[&str])] = &[
        ("stem", conv(11, 2, 2, 0), &["x"]),
        ("n0", norm(true), &["stem"]),
        ("deep", depthwise(11, 7, 1), &["n0"]),
        ("n1", norm(true), &["deep"]),
        ("wide", conv(20, 1, 1, 0), &["n1"]),
        ("a0", act(Activation::Gelu), &["wide"]),
        ("thin", conv(11, 1, 1, 0), &["a0"]),
        ("s0", scale(0.5), &["thin"]),
        ("sum", SUM, &["s0", "n0"]),
        ("less", crop, &["sum"]),
        ("a1", Op::RELU, &["less"]),
        ("n2", norm(false), &["a1"]),
        ("mean", GLOBAL, &["n2"]),
        ("n3", norm(true), &["mean"]),
        ("logits", fc(5), &["n3"]),
    ];
    vec![(
        "ConvNeXt's block, and norms of an activation and of a vector",
        network(Shape::new(3, 9, 8), layers, &["n0", "sum"]),
    )]
}

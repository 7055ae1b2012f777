//! Networks to test the engine on.

use crate::network::{
    AveragePool, BatchNorm, Concat, Conv, GlobalAverage, LayerId, Linear, MaxPool, Network, NetworkBuilder, Op, Shape,
    Sum, Truncate, Zero,
};

/// A network of an input shape, its layers (each with its name, kind and the names that it reads; the last is the output), and the
/// names of its boundaries.
pub(super) fn network(images: Shape, layers: &[(&str, Op, &[&str])], boundaries: &[&str]) -> Network {
    let mut net = NetworkBuilder::new(images).unwrap();
    let mut ids = vec![("x", net.input())];
    for (name, op, inputs) in layers {
        let find = |input: &&str| ids.iter().find(|(name, _)| name == input).unwrap().1;
        let inputs: Vec<LayerId> = inputs.iter().map(find).collect();
        ids.push((*name, net.add(*name, op.clone(), &inputs).unwrap()));
    }
    for boundary in boundaries {
        net.mark_boundary(ids.iter().find(|(name, _)| name == boundary).unwrap().1);
    }
    net.finish(ids.last().unwrap().1).unwrap()
}

pub(super) fn conv(channels: usize, kernel: usize, stride: usize, padding: usize) -> Op {
    Op::Conv(Conv::new(channels, kernel).strided(stride).padded(padding))
}

const BN: Op = Op::BatchNorm(BatchNorm::new());
const RELU: Op = Op::RELU;
const SUM: Op = Op::Sum(Sum);
const GLOBAL: Op = Op::GlobalAverage(GlobalAverage);

pub(super) fn fc(features: usize) -> Op {
    Op::Linear(Linear::new(features))
}

pub(super) fn average(kernel: usize, stride: usize, padding: usize) -> Op {
    Op::AveragePool(AveragePool::new(kernel, stride, padding))
}

fn max(kernel: usize, stride: usize, padding: usize) -> Op {
    Op::MaxPool(MaxPool::new(kernel, stride, padding))
}

/// Networks that together contain the most common kinds of layers, and every way in which layers fuse.
pub(in super::super) fn networks() -> Vec<(&'static str, Network)> {
    let square = Shape::new(3, 8, 8);
    vec![
        (
            "a cell with shared ReLUs, skips, pools and a value used twice",
            network(
                square,
                &[
                    ("stem", conv(8, 3, 1, 1), &["x"]),
                    ("n0", BN, &["stem"]),
                    ("r1", RELU, &["n0"]),
                    ("c1", conv(8, 3, 1, 1), &["r1"]),
                    ("b1", BN, &["c1"]),
                    ("r2", RELU, &["n0"]),
                    ("c2", conv(8, 1, 1, 0), &["r2"]),
                    ("b2", BN, &["c2"]),
                    ("p", average(3, 1, 1), &["n0"]),
                    ("p2", average(3, 1, 1), &["n0"]),
                    ("s1", SUM, &["b1", "b2", "n0"]),
                    ("s2", SUM, &["s1", "s1", "p", "p2", "b1", "n0"]),
                    ("r3", RELU, &["s2"]),
                    ("g", GLOBAL, &["r3"]),
                    ("fc", fc(4), &["g"]),
                ],
                &["n0", "n0", "s1", "s2", "r3"],
            ),
        ),
        (
            "odd channels, concatenation, truncation, max pools",
            network(
                Shape::new(5, 9, 7),
                &[
                    ("a", conv(13, 3, 1, 1), &["x"]),
                    ("an", BN, &["a"]),
                    ("ar", RELU, &["an"]),
                    ("t", Op::Truncate(Truncate::to(11)), &["ar"]),
                    ("b", conv(11, 3, 1, 1), &["t"]),
                    ("bn", BN, &["b"]),
                    ("br", RELU, &["bn"]),
                    ("m", max(3, 1, 1), &["ar"]),
                    ("cat", Op::Concat(Concat), &["br", "m", "t"]),
                    ("down", max(2, 2, 0), &["cat"]),
                    ("d", conv(6, 1, 1, 0), &["down"]),
                    ("dn", BN, &["d"]),
                    ("g", GLOBAL, &["dn"]),
                    ("fc", fc(3), &["g"]),
                ],
                &["ar", "b", "cat", "d"],
            ),
        ),
        (
            "kernels and strides of all sorts",
            network(
                Shape::new(2, 11, 10),
                &[
                    ("a", conv(9, 5, 2, 2), &["x"]),
                    ("ar", RELU, &["a"]),
                    ("b", conv(10, 3, 2, 1), &["ar"]),
                    ("c", conv(10, 1, 2, 0), &["ar"]),
                    ("s", SUM, &["b", "c"]),
                    ("sn", BN, &["s"]),
                    ("d", conv(4, 2, 3, 1), &["sn"]),
                    ("e", conv(4, 3, 1, 2), &["d"]),
                    ("f", average(2, 2, 1), &["e"]),
                    ("g", GLOBAL, &["f"]),
                    ("fc", fc(2), &["g"]),
                ],
                &["x", "ar", "s", "f"],
            ),
        ),
        (
            "zeros, dead layers, a pool of a ReLU, batch norm on images, a ReLU at the end",
            network(
                square,
                &[
                    ("xn", BN, &["x"]),
                    ("z", Op::Zero(Zero::new()), &["xn"]),
                    ("zr", RELU, &["z"]),
                    ("zc", conv(8, 3, 1, 1), &["zr"]),
                    ("zb", BN, &["zc"]),
                    ("a", conv(8, 3, 1, 1), &["xn"]),
                    ("ar", RELU, &["a"]),
                    ("arr", RELU, &["ar"]),
                    ("ap", average(3, 2, 1), &["arr"]),
                    ("dead", conv(8, 3, 1, 1), &["ar"]),
                    ("deadr", RELU, &["dead"]),
                    ("z2", Op::Zero(Zero::new()), &["ar"]),
                    ("s", SUM, &["zb", "z2", "ar"]),
                    ("sp", average(3, 2, 1), &["s"]),
                    ("t", SUM, &["ap", "sp"]),
                    ("g", GLOBAL, &["t"]),
                    ("fc", fc(3), &["g"]),
                    ("fr", RELU, &["fc"]),
                ],
                &["a", "arr", "deadr", "t", "fr"],
            ),
        ),
        ("logits straight from a convolution", network(Shape::new(4, 3, 3), &[("a", conv(5, 3, 1, 0), &["x"])], &[])),
    ]
}

/// A cell wide enough for the Winograd kernels, with two convolutions of the same input. Tiles of 4 x 4 pixels divide its images.
pub(in super::super) fn wide_cell() -> (&'static str, Network) {
    ("a wide cell", cell_on([16, 16]))
}

/// The same on images that tiles do not divide.
pub(in super::super) fn odd_cell() -> (&'static str, Network) {
    ("a wide cell on odd sides", cell_on([14, 19]))
}

fn cell_on([height, width]: [usize; 2]) -> Network {
    network(
        Shape::new(3, height, width),
        &[
            ("stem", conv(16, 3, 1, 1), &["x"]),
            ("n0", BN, &["stem"]),
            ("r1", RELU, &["n0"]),
            ("c1", conv(16, 3, 1, 1), &["r1"]),
            ("b1", BN, &["c1"]),
            ("c2", conv(16, 1, 1, 0), &["r1"]),
            ("b2", BN, &["c2"]),
            ("p", average(3, 1, 1), &["n0"]),
            ("s1", SUM, &["b1", "b2", "p", "n0"]),
            ("r3", RELU, &["s1"]),
            ("c3", conv(16, 3, 1, 1), &["r3"]),
            ("b3", BN, &["c3"]),
            ("s2", SUM, &["b3", "s1"]),
            ("r4", RELU, &["s2"]),
            ("g", GLOBAL, &["r4"]),
            ("fc", fc(4), &["g"]),
        ],
        &["n0", "s1", "r3", "s2"],
    )
}

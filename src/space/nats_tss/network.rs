//! The networks of `nats-tss`: one skeleton around either the written cell or the canonical one.
//!
//! Stem (3x3 convolution, batch norm) - C channels x N cells - reduction - 2C x N - reduction - 4C x N - batch norm, ReLU,
//! global average, linear.

use super::super::Skeleton;
use super::{Edges, NODES, Operation};
use crate::Result;
use zeronas_proxies::network::{
    AveragePool, BatchNorm, Cell, Conv, GlobalAverage, LayerId, Linear, Network, NetworkBuilder, Op, Relu, Shape, Zero,
};

/// The network with every edge as written; convolutions are called `stage{s}.cell{k}.edge{target}_{source}`.
pub(super) fn written(edges: Edges, skeleton: &Skeleton) -> Result<Network> {
    build(skeleton, |net, name, input| {
        let mut nodes = vec![input];
        for node in 1..NODES {
            let mut terms = Vec::with_capacity(node);
            for (target, source, operation) in edges.iter().filter(|(target, ..)| *target == node) {
                terms.push(apply(net, &format!("{name}.edge{target}_{source}"), operation, nodes[source])?);
            }
            nodes.push(net.sum(format!("{name}.node{node}"), &terms)?);
        }
        Ok(nodes[NODES - 1])
    })
}

/// The network of a canonical cell; convolutions are called `stage{s}.cell{k}.op{v}` by their place in it, from 1.
pub(super) fn canonical(cell: &Cell<Operation>, skeleton: &Skeleton) -> Result<Network> {
    build(skeleton, |net, name, input| {
        let mut values = vec![input];
        let mut sums: Vec<(&[usize], LayerId)> = Vec::new();
        // Operations that read one sum share it.
        let mut sum = |net: &mut NetworkBuilder, values: &[LayerId], terms, name: String| -> Result<LayerId> {
            if let Some((_, known)) = sums.iter().find(|(known, _)| *known == terms) {
                return Ok(*known);
            }
            let layers: Vec<LayerId> = <[usize]>::iter(terms).map(|&value| values[value]).collect();
            let layer = net.sum(name, &layers)?;
            sums.push((terms, layer));
            Ok(layer)
        };
        for (i, vertex) in cell.vertices.iter().enumerate() {
            let place = format!("{name}.op{}", i + 1);
            let reads = sum(net, &values, &vertex.inputs, format!("{place}.sum"))?;
            values.push(apply(net, &place, vertex.op, reads)?);
        }
        sum(net, &values, &cell.output, format!("{name}.output"))
    })
}

/// Adds one operation reading `input`; its result.
fn apply(net: &mut NetworkBuilder, name: &str, operation: Operation, input: LayerId) -> Result<LayerId> {
    let channels = net.shape(input).channels;
    match operation {
        Operation::None => Ok(net.add(format!("{name}.none"), Op::Zero(Zero), &[input])?),
        Operation::SkipConnect => Ok(input),
        Operation::Conv1x1 => relu_conv_bn(net, name, ("relu", "conv", "bn"), input, Conv::same(channels, 1, 1)),
        Operation::Conv3x3 => relu_conv_bn(net, name, ("relu", "conv", "bn"), input, Conv::same(channels, 3, 1)),
        Operation::AvgPool3x3 => {
            let pool = AveragePool { kernel: 3, stride: 1, padding: 1 };
            Ok(net.add(format!("{name}.pool"), Op::AveragePool(pool), &[input])?)
        }
    }
}

fn relu_conv_bn(
    net: &mut NetworkBuilder,
    name: &str,
    (relu, conv, bn): (&str, &str, &str),
    input: LayerId,
    kind: Conv,
) -> Result<LayerId> {
    let active = net.add(format!("{name}.{relu}"), Op::Relu(Relu), &[input])?;
    let convolved = net.add(format!("{name}.{conv}"), Op::Conv(kind), &[active])?;
    Ok(net.add(format!("{name}.{bn}"), Op::BatchNorm(BatchNorm), &[convolved])?)
}

/// Halves the side and doubles the channels: two convolutions beside an average pool with a 1x1 convolution.
fn reduction(net: &mut NetworkBuilder, name: &str, input: LayerId) -> Result<LayerId> {
    let channels = 2 * net.shape(input).channels;
    let main = relu_conv_bn(net, name, ("relu_a", "conv_a", "bn_a"), input, Conv::same(channels, 3, 2))?;
    let main = relu_conv_bn(net, name, ("relu_b", "conv_b", "bn_b"), main, Conv::same(channels, 3, 1))?;
    let pool = AveragePool { kernel: 2, stride: 2, padding: 0 };
    let shortcut = net.add(format!("{name}.pool"), Op::AveragePool(pool), &[input])?;
    let shortcut = net.add(format!("{name}.down"), Op::Conv(Conv::same(channels, 1, 1)), &[shortcut])?;
    Ok(net.sum(format!("{name}.sum"), &[shortcut, main])?)
}

/// The skeleton around cells that `cell` adds, given the builder, the cell's name and its input.
fn build(
    skeleton: &Skeleton,
    mut cell: impl FnMut(&mut NetworkBuilder, &str, LayerId) -> Result<LayerId>,
) -> Result<Network> {
    let mut net = NetworkBuilder::new(Shape::new(3, skeleton.resolution, skeleton.resolution))?;
    let stem = net.add("stem.conv", Op::Conv(Conv::same(skeleton.channels, 3, 1)), &[net.input()])?;
    let mut x = net.add("stem.bn", Op::BatchNorm(BatchNorm), &[stem])?;
    for stage in 0..3 {
        if stage > 0 {
            x = reduction(&mut net, &format!("reduce{}", stage - 1), x)?;
        }
        for k in 0..skeleton.cells {
            x = cell(&mut net, &format!("stage{stage}.cell{k}"), x)?;
        }
    }
    let x = net.add("head.bn", Op::BatchNorm(BatchNorm), &[x])?;
    let x = net.add("head.relu", Op::Relu(Relu), &[x])?;
    let x = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[x])?;
    let logits = net.add("head.fc", Op::Linear(Linear { features: skeleton.classes }), &[x])?;
    Ok(net.finish(logits)?)
}

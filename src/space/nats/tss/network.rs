//! The networks of `nats-tss`: one skeleton around either the written cell or the canonical one.

use super::super::relu_conv_bn;
use super::{Edges, Operation};
use crate::Result;
use crate::space::complete;
use zeronas_proxies::network::{AveragePool, BatchNorm, Cell, Conv, LayerId, NetworkBuilder, Op, Zero};

/// Adds a cell with every edge as written; convolutions are called `CELL.edge{target}_{source}`. Edges from node 0 lead to
/// `channels` channels.
pub(in super::super) fn written(
    net: &mut NetworkBuilder,
    name: &str,
    edges: Edges,
    input: LayerId,
    channels: usize,
) -> Result<LayerId> {
    complete::written(net, name, input, |net, i, name, x| apply(net, name, edges.0[i], x, channels))
}

/// Adds a canonical cell; convolutions are called `CELL.op{v}` by their place in it, from 1.
pub(super) fn canonical(
    net: &mut NetworkBuilder,
    name: &str,
    cell: &Cell<Operation>,
    input: LayerId,
    channels: usize,
) -> Result<LayerId> {
    complete::canonical(net, name, cell, input, |net, name, op, x| apply(net, name, op, x, channels))
}

/// Adds one operation that reads `input`, and returns its result. A skip to another number of channels is a 1x1 convolution with batch
/// norm and without ReLU.
fn apply(
    net: &mut NetworkBuilder,
    name: &str,
    operation: Operation,
    input: LayerId,
    channels: usize,
) -> Result<LayerId> {
    let parts = ("relu", "conv", "bn");
    match operation {
        Operation::None => Ok(net.add(format!("{name}.none"), Op::Zero(Zero::new()), &[input])?),
        Operation::SkipConnect if net.shape(input).channels == channels => Ok(input),
        Operation::SkipConnect => {
            let conv = net.add(format!("{name}.conv"), Op::Conv(Conv::same(channels, 1, 1)), &[input])?;
            Ok(net.add(format!("{name}.bn"), Op::BatchNorm(BatchNorm::new()), &[conv])?)
        }
        Operation::Conv1x1 => relu_conv_bn(net, name, parts, input, Conv::same(channels, 1, 1)),
        Operation::Conv3x3 => relu_conv_bn(net, name, parts, input, Conv::same(channels, 3, 1)),
        Operation::AvgPool3x3 => {
            let pool = AveragePool::new(3, 1, 1);
            Ok(net.add(format!("{name}.pool"), Op::AveragePool(pool), &[input])?)
        }
    }
}

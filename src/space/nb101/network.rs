//! The networks of `nb101`: modules in stacks.
//!
//! Stem (3x3 convolution) - stack of modules - 2x2 max pool, channels doubled - stack - ... - global average, linear. Every
//! convolution is followed by batch norm and ReLU. The network's boundaries are the outputs of the stem and of the modules; a
//! max pool, which has nothing to learn, belongs to the module after it.

use super::Nb101;
use super::channels::vertex_channels;
use super::module::{Module, Operation};
use crate::Result;
use zeronas_proxies::network::{
    BatchNorm, Concat, Conv, GlobalAverage, LayerId, Linear, MaxPool, Network, NetworkBuilder, Op, Shape, Truncate,
};

/// The network of a pruned cell. Convolutions are called `stack{s}.module{m}.vertex{t}` by their vertex, and
/// `stack{s}.module{m}.proj{t}` where they bring the module's input to vertex t.
pub(super) fn network(module: &Module, space: &Nb101) -> Result<Network> {
    let mut net = NetworkBuilder::new(Shape::new(3, space.resolution, space.resolution))?;
    let mut channels = space.stem;
    let images = net.input();
    let mut x = conv_bn_relu(&mut net, "stem", images, Conv::same(channels, 3, 1))?;
    net.mark_boundary(x);
    for s in 0..space.stacks {
        if s > 0 {
            let pool = MaxPool::new(2, 2, 0);
            x = net.add(format!("stack{s}.pool"), Op::MaxPool(pool), &[x])?;
            channels *= 2;
        }
        for m in 0..space.modules {
            x = add_module(&mut net, &format!("stack{s}.module{m}"), module, x, channels)?;
            net.mark_boundary(x);
        }
    }
    let x = net.add("head.pool", Op::GlobalAverage(GlobalAverage), &[x])?;
    let logits = net.add("head.fc", Op::Linear(Linear::new(space.classes)), &[x])?;
    Ok(net.finish(logits)?)
}

/// Adds a module. Vertices sum what they read; those that feed the output are concatenated, and the module's input is added to
/// that if it feeds the output, too.
fn add_module(
    net: &mut NetworkBuilder,
    name: &str,
    module: &Module,
    input: LayerId,
    channels: usize,
) -> Result<LayerId> {
    let widths = vertex_channels(module, net.shape(input).channels, channels);
    let project = |net: &mut NetworkBuilder, to: usize| {
        conv_bn_relu(net, &format!("{name}.proj{to}"), input, Conv::same(widths[to], 1, 1))
    };
    let mut values = vec![input];
    for vertex in module.inner() {
        let place = format!("{name}.vertex{vertex}");
        let mut terms = Vec::new();
        for source in module.sources(vertex).filter(|&source| source != 0) {
            terms.push(first_channels(net, &format!("{place}.from{source}"), values[source], widths[vertex])?);
        }
        if module.has_edge(0, vertex) {
            terms.push(project(net, vertex)?);
        }
        let sum = net.sum(format!("{place}.sum"), &terms)?;
        values.push(match module.ops()[vertex - 1] {
            Operation::Conv3x3 => conv_bn_relu(net, &place, sum, Conv::same(widths[vertex], 3, 1))?,
            Operation::Conv1x1 => conv_bn_relu(net, &place, sum, Conv::same(widths[vertex], 1, 1))?,
            Operation::MaxPool3x3 => {
                let pool = MaxPool::new(3, 1, 1);
                net.add(format!("{place}.pool"), Op::MaxPool(pool), &[sum])?
            }
        });
    }
    let last = module.output();
    let feeding: Vec<LayerId> =
        module.sources(last).filter(|&source| source != 0).map(|source| values[source]).collect();
    let mut terms = match feeding[..] {
        [] => Vec::new(),
        [one] => vec![one],
        _ => vec![net.add(format!("{name}.concat"), Op::Concat(Concat), &feeding)?],
    };
    if module.has_edge(0, last) {
        terms.push(project(net, last)?);
    }
    Ok(net.sum(format!("{name}.sum"), &terms)?)
}

/// Drops the last channels of a value, if it has too many.
fn first_channels(net: &mut NetworkBuilder, name: &str, value: LayerId, channels: usize) -> Result<LayerId> {
    if net.shape(value).channels == channels {
        return Ok(value);
    }
    Ok(net.add(name, Op::Truncate(Truncate::to(channels)), &[value])?)
}

fn conv_bn_relu(net: &mut NetworkBuilder, name: &str, input: LayerId, kind: Conv) -> Result<LayerId> {
    let convolved = net.add(format!("{name}.conv"), Op::Conv(kind), &[input])?;
    let normal = net.add(format!("{name}.bn"), Op::BatchNorm(BatchNorm::new()), &[convolved])?;
    Ok(net.add(format!("{name}.relu"), Op::RELU, &[normal])?)
}

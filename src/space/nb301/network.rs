//! The network of a genotype.

use super::cell::{Cell, Genotype, Operation};
use super::{Nb301, Variant};
use crate::Result;
use crate::space::blocks::{conv_bn, factorised_reduction, head};
use zeronas_proxies::network::{
    AveragePool, BatchNorm, Concat, Conv, LayerId, MaxPool, Network, NetworkBuilder, Op, Shape, Sum,
};

/// Stem, cells, global average and linear layer.
pub(super) fn network(space: &Nb301, genotype: &Genotype) -> Result<Network> {
    let mut net = NetworkBuilder::new(Shape::new(3, space.resolution, space.resolution))?;
    let images = net.input();
    let stem = conv_bn(&mut net, "stem.", ["conv", "bn"], Conv::same(3 * space.channels, 3, 1), images)?;
    net.mark_boundary(stem);
    // The outputs of the last two cells, the earlier one first.
    let mut before = [stem, stem];
    let mut channels = space.channels;
    let mut reduced = false;
    for k in 0..space.layers {
        let reduction = space.is_reduction(k);
        if reduction {
            channels *= 2;
        }
        let builder = Edges { channels, reduction, variant: space.variant };
        let name = format!("cell{k}");
        let cell = if reduction { genotype.reduce } else { genotype.normal };
        let output = builder.cell(&mut net, &name, cell, before, reduced)?;
        net.mark_boundary(output);
        before = [before[1], output];
        reduced = reduction;
    }
    let logits = head(&mut net, space.classes, before[1])?;
    Ok(net.finish(logits)?)
}

/// How the edges of a cell are built.
struct Edges {
    channels: usize,
    reduction: bool,
    variant: Variant,
}

impl Edges {
    /// Adds a cell; `reduced` says that the one before it was a reduction cell, so that the first input has twice the side of the second.
    fn cell(
        &self,
        net: &mut NetworkBuilder,
        name: &str,
        cell: Cell,
        [first, second]: [LayerId; 2],
        reduced: bool,
    ) -> Result<LayerId> {
        let pre = format!("{name}.pre0");
        let first = match reduced {
            true => factorised_reduction(net, &pre, first, self.channels, false, BatchNorm::new())?,
            false => self.relu_conv_bn(net, &pre, first)?,
        };
        let mut nodes = vec![first, self.relu_conv_bn(net, &format!("{name}.pre1"), second)?];
        for (place, edges) in cell.sorted().0.into_iter().enumerate() {
            let node = place + 2;
            let mut terms = Vec::with_capacity(edges.len());
            for (operation, source) in edges {
                let stride = if self.reduction && source < 2 { 2 } else { 1 };
                terms.push(self.edge(net, &format!("{name}.edge{node}_{source}"), operation, stride, nodes[source])?);
            }
            nodes.push(net.add(format!("{name}.node{node}"), Op::Sum(Sum), &terms)?);
        }
        Ok(net.add(format!("{name}.concat"), Op::Concat(Concat), &nodes[2..])?)
    }

    fn relu_conv_bn(&self, net: &mut NetworkBuilder, name: &str, input: LayerId) -> Result<LayerId> {
        let relu = net.add(format!("{name}.relu"), Op::RELU, &[input])?;
        conv_bn(net, &format!("{name}."), ["conv", "bn"], Conv::new(self.channels, 1), relu)
    }

    /// The batch norm at the end of an operation.
    fn norm(&self) -> BatchNorm {
        match self.variant {
            Variant::Darts => BatchNorm::new(),
            Variant::Naslib => BatchNorm::new().without_affine(),
        }
    }

    fn edge(
        &self,
        net: &mut NetworkBuilder,
        name: &str,
        operation: Operation,
        stride: usize,
        input: LayerId,
    ) -> Result<LayerId> {
        match operation {
            Operation::MaxPool3x3 => self.pool(net, name, Op::MaxPool(MaxPool::new(3, stride, 1)), input),
            Operation::AvgPool3x3 => self.pool(net, name, Op::AveragePool(AveragePool::new(3, stride, 1)), input),
            Operation::SkipConnect if stride == 1 => Ok(input),
            Operation::SkipConnect => factorised_reduction(net, name, input, self.channels, false, self.norm()),
            Operation::SepConv3x3 => self.separable(net, name, 3, stride, input),
            Operation::SepConv5x5 => self.separable(net, name, 5, stride, input),
            Operation::DilConv3x3 => self.dilated(net, name, 3, stride, input),
            Operation::DilConv5x5 => self.dilated(net, name, 5, stride, input),
        }
    }

    fn pool(&self, net: &mut NetworkBuilder, name: &str, pool: Op, input: LayerId) -> Result<LayerId> {
        let pooled = net.add(format!("{name}.pool"), pool, &[input])?;
        match self.variant {
            Variant::Darts => Ok(pooled),
            Variant::Naslib => Ok(net.add(format!("{name}.bn"), Op::BatchNorm(self.norm()), &[pooled])?),
        }
    }

    /// ReLU, depthwise and pointwise convolution, batch norm, twice; the first has the stride.
    fn separable(
        &self,
        net: &mut NetworkBuilder,
        name: &str,
        kernel: usize,
        stride: usize,
        input: LayerId,
    ) -> Result<LayerId> {
        let mut x = input;
        for (half, stride) in [("_a", stride), ("_b", 1)] {
            x = self.depthwise(net, name, half, Conv::same(self.channels, kernel, stride), x)?;
        }
        Ok(x)
    }

    /// ReLU, dilated depthwise and pointwise convolution, batch norm.
    fn dilated(
        &self,
        net: &mut NetworkBuilder,
        name: &str,
        kernel: usize,
        stride: usize,
        input: LayerId,
    ) -> Result<LayerId> {
        let conv = Conv::new(self.channels, kernel).strided(stride).padded(kernel - 1).dilated(2);
        self.depthwise(net, name, "", conv, input)
    }

    fn depthwise(
        &self,
        net: &mut NetworkBuilder,
        name: &str,
        half: &str,
        conv: Conv,
        input: LayerId,
    ) -> Result<LayerId> {
        let relu = net.add(format!("{name}.relu{half}"), Op::RELU, &[input])?;
        let deep = net.add(format!("{name}.depthwise{half}"), Op::Conv(conv.grouped(self.channels)), &[relu])?;
        let wide = net.add(format!("{name}.pointwise{half}"), Op::Conv(Conv::new(self.channels, 1)), &[deep])?;
        Ok(net.add(format!("{name}.bn{half}"), Op::BatchNorm(self.norm()), &[wide])?)
    }
}

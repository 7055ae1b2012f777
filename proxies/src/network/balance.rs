//! Values whose sums do not depend on the images.

use super::live::{Flow, flow};
use super::{Layer, Network, Op, Shape};

/// For each layer, whether the sum of each channel of its output over all images and pixels is the same for all batches.
pub(super) fn of(net: &Network) -> Vec<bool> {
    let flow = flow(net);
    let mut balanced: Vec<bool> = Vec::with_capacity(net.layers.len());
    for (i, layer) in net.layers.iter().enumerate() {
        let all = layer.inputs.iter().all(|input| balanced[input.0]);
        let keeps = || layer.inputs.first().is_some_and(|input| keeps_sums(layer, net.layer(*input).shape));
        balanced.push(match layer.op {
            _ if flow[i] != Flow::Images => true,
            Op::BatchNorm(_) => true,
            _ => all && keeps(),
        });
    }
    balanced
}

/// For each layer, whether it is one of the last batch norms or lies between them and the output.
pub(super) fn tail(net: &Network) -> Vec<bool> {
    let mut tail = vec![false; net.layers.len()];
    tail[net.output.0] = true;
    for (i, layer) in net.layers.iter().enumerate().rev() {
        if tail[i] && !matches!(layer.op, Op::BatchNorm(_)) {
            layer.inputs.iter().for_each(|input| tail[input.0] = true);
        }
    }
    tail
}

/// Whether the channel sums of the layer's output follow from those of its input, which has the shape `input`.
fn keeps_sums(layer: &Layer, input: Shape) -> bool {
    match &layer.op {
        Op::Sum(_) | Op::Concat(_) | Op::Truncate(_) | Op::ChannelShuffle(_) | Op::Scale(_) => true,
        Op::GlobalAverage(_) | Op::Linear(_) => true,
        Op::Flatten(_) | Op::GlobalMax(_) => input.area() == 1,
        // Every pixel is read once, with the same weights.
        Op::Conv(conv) => conv.kernel.area() == 1 && conv.stride.area() == 1 && conv.padding.is_zero(),
        Op::AveragePool(pool) => {
            let whole = |side: usize, kernel: usize| side.is_multiple_of(kernel);
            pool.kernel == pool.stride
                && pool.padding.is_zero()
                && whole(input.height, pool.kernel.height)
                && whole(input.width, pool.kernel.width)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::network::{BatchNorm, Conv, GlobalAverage, Linear, Network, NetworkBuilder, Op, Shape};

    /// A batch norm of the images, these layers, and a head.
    fn net(layers: &[Op]) -> Network {
        let mut net = NetworkBuilder::new(Shape::new(3, 6, 6)).unwrap();
        let mut value = net.add("bn", Op::BatchNorm(BatchNorm::new()), &[net.input()]).unwrap();
        for (i, op) in layers.iter().enumerate() {
            value = net.add(format!("{i}"), op.clone(), &[value]).unwrap();
        }
        let pool = net.add("pool", Op::GlobalAverage(GlobalAverage), &[value]).unwrap();
        let logits = net.add("fc", Op::Linear(Linear::new(2)), &[pool]).unwrap();
        net.finish(logits).unwrap()
    }

    #[test]
    fn sums_of_batch_norms_are_constant_until_an_activation_or_a_window_comes() {
        assert!(net(&[]).sums_to_a_constant());
        assert!(net(&[Op::Conv(Conv::new(4, 1))]).sums_to_a_constant());
        assert!(!net(&[Op::RELU]).sums_to_a_constant());
        assert!(!net(&[Op::Conv(Conv::same(4, 3, 1))]).sums_to_a_constant());
        assert!(!net(&[Op::Conv(Conv::new(4, 1).strided(2))]).sums_to_a_constant());
        assert!(net(&[Op::RELU, Op::BatchNorm(BatchNorm::new())]).sums_to_a_constant());
    }
}

//! Random networks: small, valid, and of every layer kind and setting. Engines that must agree run some hundreds of them.

use crate::network::{
    Activation, AveragePool, BatchNorm, ChannelShuffle, Concat, Conv, Crop, Flatten, GlobalAverage, GlobalMax, LayerId,
    LayerNorm, Linear, MaxPool, Mul, Network, NetworkBuilder, Op, Pair, Scale, Shape, Sides, Sum, Truncate, Zero,
};
use zeronas_random::Stream;

/// Maximum number of values that a layer yields for one image.
const MOST: usize = 1500;

/// A sequence of random draws.
struct Dice {
    stream: Stream,
    drawn: u64,
}

impl Dice {
    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        self.drawn += 1;
        (self.stream.bits(self.drawn) >> 33) as usize % n
    }

    /// Whether one of `n` comes up.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A window setting of at least `least`, mostly the same in both directions.
    fn pair(&mut self, least: usize, count: usize) -> Pair {
        let both = least + self.below(count);
        if self.one_in(3) { [both, least + self.below(count)].into() } else { both.into() }
    }

    /// Up to half the kernel on each side, mostly the same on all.
    fn padding(&mut self, kernel: Pair) -> Sides {
        let [down, across] = [kernel.height / 2, kernel.width / 2];
        match self.below(5) {
            0 => 0.into(),
            1 => [down, across, self.below(down + 1), self.below(across + 1)].into(),
            _ => [down, across].into(),
        }
    }
}

/// The random network with this number. Layers that `takes` refuses are left out.
pub(in super::super) fn network(number: u64, takes: &dyn Fn(&Op) -> bool) -> Network {
    let mut dice = Dice { stream: Stream::new("random network", number), drawn: 0 };
    let images = Shape::new(1 + dice.below(4), 3 + dice.below(8), 3 + dice.below(8));
    let mut net = NetworkBuilder::new(images).unwrap();
    let mut values = vec![net.input()];
    for i in 0..4 + dice.below(12) {
        let first = recent(&mut dice, &values);
        let (op, inputs) = layer(&mut dice, &net, &values, first);
        // A layer that does not fit is left out.
        let small = |builder: &NetworkBuilder, id: LayerId| builder.shape(id).len() <= MOST;
        if takes(&op)
            && let Ok(id) = net.add(format!("l{i}"), op, &inputs)
            && small(&net, id)
        {
            values.push(id);
        }
    }
    head(&mut dice, net, &values, takes)
}

/// One of the values, mostly one of the last two.
fn recent(dice: &mut Dice, values: &[LayerId]) -> LayerId {
    let back = if dice.one_in(3) { dice.below(values.len()) } else { dice.below(values.len().min(2)) };
    values[values.len() - 1 - back]
}

/// A layer that reads `first`, and everything that it reads.
fn layer(dice: &mut Dice, net: &NetworkBuilder, values: &[LayerId], first: LayerId) -> (Op, Vec<LayerId>) {
    let shape = net.shape(first);
    let alike = |fits: &dyn Fn(Shape) -> bool| -> Vec<LayerId> {
        values.iter().copied().filter(|&id| fits(net.shape(id))).collect()
    };
    let op = match dice.below(20) {
        0..=4 => Op::Conv(conv(dice, shape)),
        5..=7 => Op::BatchNorm(BatchNorm { affine: !dice.one_in(3), eps: dice.of(&[1e-5, 1e-5, 1e-3, 1.0]) }),
        8..=10 => Op::Activation(activation(dice)),
        11 => {
            let terms = alike(&|other| other == shape);
            let terms: Vec<LayerId> = (0..dice.below(4)).map(|_| dice.of(&terms)).collect();
            return (Op::Sum(Sum), [vec![first], terms].concat());
        }
        12 => {
            let gate = |other: Shape| other.channels == shape.channels && (other.area() == 1 || other == shape);
            return (Op::Mul(Mul), vec![first, dice.of(&alike(&gate))]);
        }
        13 => {
            let parts = alike(&|other| (other.height, other.width) == (shape.height, shape.width));
            return (Op::Concat(Concat), vec![first, dice.of(&parts)]);
        }
        14 => {
            let (kernel, stride) = (dice.pair(1, 4), dice.pair(1, 3));
            let (padding, ceil) = (dice.padding(kernel), dice.one_in(3));
            Op::AveragePool(AveragePool { kernel, stride, padding, ceil, count_include_padding: dice.one_in(3) })
        }
        15 => {
            let (kernel, stride) = (dice.pair(1, 4), dice.pair(1, 3));
            Op::MaxPool(MaxPool { kernel, stride, padding: dice.padding(kernel), ceil: dice.one_in(3) })
        }
        16 => match dice.one_in(2) {
            true => Op::GlobalAverage(GlobalAverage),
            false => Op::GlobalMax(GlobalMax),
        },
        17 => Op::LayerNorm(LayerNorm { affine: dice.one_in(2), eps: dice.of(&[1e-5, 1e-3]) }),
        18 => match dice.below(4) {
            0 => {
                let first = if dice.one_in(2) { dice.below(shape.channels) } else { 0 };
                Op::Truncate(Truncate { channels: 1 + dice.below(shape.channels - first), first })
            }
            1 => {
                let groups = (1..=shape.channels).filter(|groups| shape.channels.is_multiple_of(*groups));
                Op::ChannelShuffle(ChannelShuffle { groups: dice.of(&groups.collect::<Vec<_>>()) })
            }
            2 => Op::Crop(Crop { margin: [dice.below(2), dice.below(2), dice.below(2), dice.below(2)].into() }),
            _ => Op::Zero(Zero { channels: dice.one_in(2).then_some(5), stride: dice.pair(1, 2) }),
        },
        _ => Op::Scale(Scale { init: dice.of(&[1.0, -0.5, 2.0]) }),
    };
    (op, vec![first])
}

fn conv(dice: &mut Dice, input: Shape) -> Conv {
    let divisors: Vec<usize> = (1..=input.channels).filter(|n| input.channels.is_multiple_of(*n)).collect();
    let groups = match dice.below(4) {
        0 => input.channels,
        1 => dice.of(&divisors),
        _ => 1,
    };
    let kernel = dice.pair(1, 4);
    let conv = Conv::new(groups * (1 + dice.below(8 / groups.min(8) + 1)), kernel)
        .strided(if dice.one_in(3) { dice.pair(1, 3) } else { Pair::ONE })
        .padded(dice.padding(kernel))
        .dilated(if dice.one_in(4) { dice.pair(1, 2) } else { Pair::ONE })
        .grouped(groups);
    if dice.one_in(3) { conv.with_bias() } else { conv }
}

fn activation(dice: &mut Dice) -> Activation {
    let all: Vec<Activation> = Activation::all().collect();
    match dice.below(all.len() + 3) {
        i if i < all.len() => match all[i] {
            Activation::LeakyRelu { .. } => Activation::LeakyRelu { slope: dice.of(&[0.01, 0.2, -0.5]) },
            other => other,
        },
        _ => Activation::Relu,
    }
}

/// The network with a head on the last value: a global pool or a flattening, and one or two linear layers.
fn head(dice: &mut Dice, mut net: NetworkBuilder, values: &[LayerId], takes: &dyn Fn(&Op) -> bool) -> Network {
    let last = values[values.len() - 1];
    let pools = [Op::GlobalAverage(GlobalAverage), Op::GlobalMax(GlobalMax), Op::Flatten(Flatten)];
    let pools: Vec<&Op> = pools.iter().filter(|op| takes(op)).collect();
    let pool = dice.of(&pools).clone();
    let mut value = net.add("pool", pool, &[last]).unwrap();
    if dice.one_in(3) {
        value = net.add("fc0", Op::Linear(Linear::new(6)), &[value]).unwrap();
        value = net.add("act", Op::RELU, &[value]).unwrap();
    }
    let mut linear = Linear::new(2 + dice.below(4));
    if dice.one_in(4) && takes(&Op::Linear(linear.without_bias())) {
        linear = linear.without_bias();
    }
    let logits = net.add("fc", Op::Linear(linear), &[value]).unwrap();
    net.finish(logits).unwrap()
}

//! What the fast engines run: the plain settings of layers, and why they do not take others.

use crate::network::{self, Activation, BatchNorm, Network, Op};
use crate::{Error, Result};

/// A convolution of a square kernel in one group, with equal padding on all sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conv {
    pub channels: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

/// A pool of square windows with equal padding on all sides, which is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

/// Largest kernel, stride and padding.
const MOST_OF_WINDOW: usize = 62;

impl Conv {
    /// The convolution of a single pixel that a linear layer is, its bias aside.
    pub fn linear(features: usize) -> Self {
        Conv { channels: features, kernel: 1, stride: 1, padding: 0 }
    }

    /// A convolution, if it is one of these.
    pub fn of(conv: &network::Conv) -> Option<Self> {
        let Pool { kernel, stride, padding } = window(conv.kernel, conv.stride, conv.padding)?;
        let plain = conv.dilation == network::Pair::ONE && conv.groups == 1 && !conv.bias;
        plain.then_some(Conv { channels: conv.channels, kernel, stride, padding })
    }
}

impl Pool {
    /// An average pool, if it is one of these.
    pub fn average(pool: &network::AveragePool) -> Option<Self> {
        window(pool.kernel, pool.stride, pool.padding).filter(|_| !pool.ceil && !pool.count_include_padding)
    }

    /// A max pool, if it is one of these.
    pub fn max(pool: &network::MaxPool) -> Option<Self> {
        window(pool.kernel, pool.stride, pool.padding).filter(|_| !pool.ceil)
    }
}

fn window(kernel: network::Pair, stride: network::Pair, padding: network::Sides) -> Option<Pool> {
    let pool = Pool { kernel: kernel.square()?, stride: stride.square()?, padding: padding.equal()? };
    (pool.kernel.max(pool.stride).max(pool.padding) <= MOST_OF_WINDOW).then_some(pool)
}

/// Whether the fast engines run a network; an error names the first layer that they do not take.
pub(super) fn takes(net: &Network) -> Result<()> {
    match net.layers().iter().find_map(|layer| Some((layer, refused(&layer.op)?))) {
        Some((layer, what)) => {
            let reason = format!("only the reference engine runs {what}");
            Err(Error::Layer { layer: layer.name.clone(), reason })
        }
        None => Ok(()),
    }
}

/// What of a layer the fast engines do not take.
fn refused(op: &Op) -> Option<String> {
    let (taken, what) = match op {
        Op::Conv(conv) => (Conv::of(conv).is_some(), "a convolution of these settings"),
        Op::AveragePool(pool) => (Pool::average(pool).is_some(), "an average pool of these settings"),
        Op::MaxPool(pool) => (Pool::max(pool).is_some(), "a max pool of these settings"),
        Op::BatchNorm(norm) => (*norm == BatchNorm::new(), "a batch norm of these settings"),
        Op::Linear(linear) => (linear.bias, "a linear layer without bias"),
        Op::Activation(activation) => (*activation == Activation::Relu, activation.name()),
        Op::Truncate(truncate) => (truncate.first == 0, "channels other than the first"),
        Op::Mul(_)
        | Op::GlobalMax(_)
        | Op::Flatten(_)
        | Op::Crop(_)
        | Op::LayerNorm(_)
        | Op::Scale(_)
        | Op::ChannelShuffle(_) => (false, op.kind()),
        Op::Input(_) | Op::Sum(_) | Op::Concat(_) | Op::GlobalAverage(_) | Op::Zero(_) => return None,
    };
    (!taken).then(|| what.to_owned())
}

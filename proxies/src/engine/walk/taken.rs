//! Which networks the walk supports.

use crate::network::{Activation, Line, Network, Op};
use crate::{Error, Result};

/// Maximum span, stride and padding of a window, in pixels.
const MOST_OF_WINDOW: usize = 128;

/// Checks whether the walk can run a network; an error names the first layer that it does not support.
pub(in crate::engine) fn takes(net: &Network) -> Result<()> {
    match net.layers().iter().find_map(|layer| Some((layer, refused(&layer.op)?))) {
        Some((layer, what)) => {
            let reason = format!("only the reference engine runs {what}");
            Err(Error::Layer { layer: layer.name.clone(), reason })
        }
        None => Ok(()),
    }
}

/// What the walk does not support in a layer, if anything.
pub(in crate::engine) fn refused(op: &Op) -> Option<&'static str> {
    let windows = match op {
        Op::Conv(conv) => conv.windows(),
        Op::AveragePool(pool) => pool.windows(),
        Op::MaxPool(pool) => pool.windows(),
        Op::Input(_)
        | Op::Linear(_)
        | Op::BatchNorm(_)
        | Op::Activation(_)
        | Op::Sum(_)
        | Op::Concat(_)
        | Op::GlobalAverage(_)
        | Op::GlobalMax(_)
        | Op::Mul(_)
        | Op::Flatten(_)
        | Op::Crop(_)
        | Op::Truncate(_)
        | Op::ChannelShuffle(_)
        | Op::Scale(_)
        | Op::LayerNorm(_)
        | Op::Zero(_) => return None,
    };
    let is_wide = |line: &Line| line.span().max(line.stride).max(line.padding[0]).max(line.padding[1]) > MOST_OF_WINDOW;
    windows.iter().any(is_wide).then_some("windows that wide")
}

/// Whether the walk can compute a network's second derivatives. It has none for activations other than ReLU, for products, for layer
/// norms, and for layer scales, which are convolutions whose weights stand still.
pub(in crate::engine) fn knows_curvature(net: &Network) -> bool {
    net.layers().iter().all(|layer| match &layer.op {
        Op::Activation(activation) => *activation == Activation::Relu,
        op => !matches!(op, Op::Mul(_) | Op::Scale(_) | Op::LayerNorm(_)),
    })
}

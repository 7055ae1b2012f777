//! Which networks the walk takes.

use crate::network::{Activation, Line, Network, Op};
use crate::{Error, Result};

/// Most pixels from a window's first to its last, and of padding.
const MOST_OF_WINDOW: usize = 128;

/// Whether the walk runs a network; an error names the first layer that it does not take.
pub(in crate::engine) fn takes(net: &Network) -> Result<()> {
    match net.layers().iter().find_map(|layer| Some((layer, refused(&layer.op)?))) {
        Some((layer, what)) => {
            let reason = format!("only the reference engine runs {what}");
            Err(Error::Layer { layer: layer.name.clone(), reason })
        }
        None => Ok(()),
    }
}

/// What of a layer the walk does not take.
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

/// Whether the walk knows a network's second derivatives: those of sums, batch norms and ReLUs, and of no convolution whose weights
/// stand still, as those of a layer scale do.
pub(in crate::engine) fn knows_curvature(net: &Network) -> bool {
    net.layers().iter().all(|layer| match &layer.op {
        Op::Activation(activation) => *activation == Activation::Relu,
        op => !matches!(op, Op::Mul(_) | Op::Scale(_) | Op::LayerNorm(_)),
    })
}

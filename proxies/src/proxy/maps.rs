//! What proxies share that look at the feature maps of a network.

use crate::network::{LayerId, Network, Op};

/// For each layer, whether it yields a feature map that something was done to: zeros, truncations and vectors are none.
pub(super) fn maps(net: &Network) -> Vec<bool> {
    let is_vector = |op: &Op| matches!(op, Op::GlobalAverage(_) | Op::GlobalMax(_) | Op::Flatten(_) | Op::Linear(_));
    let is_part = |op: &Op| matches!(op, Op::Input(_) | Op::Zero(_) | Op::Truncate(_) | Op::Crop(_));
    let is_map = |op: &Op| !is_vector(op) && !is_part(op);
    net.layers().iter().map(|layer| is_map(&layer.op)).collect()
}

/// The layers' names.
pub(super) fn names(net: &Network, stream: &str) -> Vec<String> {
    net.ids().map(|id: LayerId| format!("{stream}.{}", net.layer(id).name)).collect()
}

//! Code shared by the proxies that look at the feature maps of a network.

use crate::network::{LayerId, Network, Op};

/// For each layer, whether it computes a feature map: images, zeros, truncations, crops and vectors do not count.
pub(super) fn maps(net: &Network) -> Vec<bool> {
    let is_vector = |op: &Op| matches!(op, Op::GlobalAverage(_) | Op::GlobalMax(_) | Op::Flatten(_) | Op::Linear(_));
    let is_part = |op: &Op| matches!(op, Op::Input(_) | Op::Zero(_) | Op::Truncate(_) | Op::Crop(_));
    let is_map = |op: &Op| !is_vector(op) && !is_part(op);
    net.layers().iter().map(|layer| is_map(&layer.op)).collect()
}

/// For each layer, the name of its random stream: `stream`, a dot and the layer's name.
pub(super) fn names(net: &Network, stream: &str) -> Vec<String> {
    net.ids().map(|id: LayerId| format!("{stream}.{}", net.layer(id).name)).collect()
}

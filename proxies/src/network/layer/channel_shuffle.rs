//! Shuffling channels.

use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};

/// Reorders channels: the first of each group of consecutive channels, then the second of each, and so on (ShuffleNet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelShuffle {
    /// Number of groups, which must divide the number of channels.
    pub groups: usize,
}

impl LayerKind for ChannelShuffle {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        if self.groups == 0 || !input.channels.is_multiple_of(self.groups) {
            return Err(format!("`groups` is {}, which does not divide {} channels", self.groups, input.channels));
        }
        Ok(input)
    }
}

//! Shuffling channels.

use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};

/// Takes the first channel of each group of neighbours, then the second of each, and so on (ShuffleNet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelShuffle {
    /// Number of groups; it divides the channels.
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

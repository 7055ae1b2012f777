//! Truncation of the channels.

use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};

/// Keeps the first `channels` channels (NAS-Bench-101's edges into narrower vertices).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truncate {
    /// Channels kept.
    pub channels: usize,
}

impl LayerKind for Truncate {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        if self.channels == 0 || self.channels > input.channels {
            return Err(format!("cannot keep {} of {} channels", self.channels, input.channels));
        }
        Ok(input.with_channels(self.channels))
    }
}

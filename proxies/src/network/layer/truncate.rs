//! Truncation of the channels.

use super::{LayerKind, Shape, single};
use serde::{Deserialize, Serialize};

/// Keeps some channels: the first ones (NAS-Bench-101's edges into narrower vertices), or those from `first` on (ShuffleNet's split).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truncate {
    /// Number of channels to keep.
    pub channels: usize,
    /// Index of the first channel to keep.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first: usize,
}

fn is_zero(first: &usize) -> bool {
    *first == 0
}

impl Truncate {
    /// Keeps the first `channels` channels.
    pub fn to(channels: usize) -> Self {
        Truncate { channels, first: 0 }
    }
}

impl LayerKind for Truncate {
    fn output_shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let input = single(inputs)?;
        if self.channels == 0 || self.first.checked_add(self.channels).is_none_or(|end| end > input.channels) {
            let from = if self.first == 0 { String::new() } else { format!(" from channel {} on", self.first) };
            return Err(format!("cannot keep {} of {} channels{from}", self.channels, input.channels));
        }
        Ok(input.with_channels(self.channels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_kept_from_any_on() {
        let input = [Shape::new(6, 4, 5)];
        let cut = |channels, first| Truncate { channels, first }.output_shape(&input);
        assert_eq!(cut(4, 2), Ok(Shape::new(4, 4, 5)));
        assert_eq!(cut(4, 3), Err("cannot keep 4 of 6 channels from channel 3 on".into()));
        assert_eq!(cut(7, 0), Err("cannot keep 7 of 6 channels".into()));
        assert!(cut(0, 2).is_err() && cut(2, usize::MAX).is_err());
        assert_eq!(serde_json::to_string(&Truncate::to(3)).unwrap(), r#"{"channels":3}"#);
        assert_eq!(
            serde_json::from_str::<Truncate>(r#"{"channels":3,"first":2}"#).unwrap(),
            Truncate { channels: 3, first: 2 }
        );
    }
}

//! The shape of a layer's output for one image.

use std::fmt;

/// Channels x height x width of one image's activation; a vector has height and width 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// A shape of `channels` x `height` x `width`.
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Shape { channels, height, width }
    }

    /// Number of values in one activation.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether the activation is empty.
    pub fn is_empty(&self) -> bool {
        [self.channels, self.height, self.width].contains(&0)
    }

    /// Number of pixels per channel.
    pub fn area(&self) -> usize {
        self.height * self.width
    }

    /// The same shape with another number of channels.
    pub fn with_channels(self, channels: usize) -> Self {
        Shape { channels, ..self }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.channels, self.height, self.width)
    }
}

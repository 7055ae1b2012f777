//! Float buffers that start on a cache line, so that no vector crosses a line.

use std::ops::{Deref, DerefMut};

/// Floats in a cache line.
const LINE: usize = 16;

/// A slice of floats that starts on a cache line.
#[derive(Debug, Default)]
pub struct Buffer {
    floats: Vec<f32>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// Returns the first `len` floats, with arbitrary contents. Allocates only if there were never that many.
    pub fn at_least(&mut self, len: usize) -> &mut [f32] {
        if len > self.len {
            self.floats = vec![0.0; len + LINE];
            self.start = self.floats.as_ptr().align_offset(64).min(LINE);
            self.len = len;
        }
        &mut self[..len]
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.floats[self.start..self.start + self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.floats[self.start..self.start + self.len]
    }
}

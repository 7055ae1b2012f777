//! Packing of ReLU codes into words, a few bits at a time.

/// Appends bits to a row of words.
pub(in super::super) struct CodeWriter<'a> {
    words: &'a mut [u64],
    next: usize,
    pending: u64,
    filled: u32,
}

impl<'a> CodeWriter<'a> {
    pub fn new(words: &'a mut [u64]) -> Self {
        CodeWriter { words, next: 0, pending: 0, filled: 0 }
    }

    /// Appends the lowest `count` bits, 1 to 63 of them; the others must be 0. Bits past the last word are dropped.
    #[inline(always)]
    pub fn push(&mut self, bits: u64, count: u32) {
        self.pending |= bits << self.filled;
        self.filled += count;
        if self.filled >= 64 {
            self.flush();
            self.filled -= 64;
            // The bits that did not fit; none if the word was filled exactly.
            self.pending = if self.filled == 0 { 0 } else { bits >> (count - self.filled) };
        }
    }

    fn flush(&mut self) {
        if let Some(word) = self.words.get_mut(self.next) {
            *word = self.pending;
        }
        self.next += 1;
    }

    /// Writes the pending bits, and zeros to the end.
    pub fn finish(mut self) {
        if self.filled > 0 {
            self.flush();
        }
        if let Some(rest) = self.words.get_mut(self.next..) {
            rest.fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_follow_one_another_over_words() {
        let bits: Vec<bool> = (0..150).map(|i| i % 3 == 0 || i % 7 == 2).collect();
        for count in [1, 4, 8, 13, 63] {
            let mut words = [u64::MAX; 4];
            let mut writer = CodeWriter::new(&mut words);
            for bits in bits.chunks(count) {
                let value = bits.iter().enumerate().map(|(i, &bit)| u64::from(bit) << i).sum();
                writer.push(value, bits.len() as u32);
            }
            writer.finish();
            let got = (0..256).map(|i| words[i / 64] >> (i % 64) & 1 == 1);
            assert!(got.eq(bits.iter().copied().chain([false; 106])), "{count} bits at a time");
        }
    }
}

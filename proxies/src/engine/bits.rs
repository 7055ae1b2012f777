//! Bit-packed binary codes.

/// A matrix of bits, one row per image, packed into 64-bit words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitMatrix {
    rows: usize,
    columns: usize,
    stride: usize,
    words: Vec<u64>,
}

impl BitMatrix {
    /// Creates a matrix of `rows` x `columns` zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        let stride = columns.div_ceil(64);
        BitMatrix { rows, columns, stride, words: vec![0; rows * stride] }
    }

    /// Creates a matrix from `bits`, row by row. Bits past `rows` x `columns` are ignored, missing ones are 0.
    pub fn from_bits(rows: usize, columns: usize, bits: impl IntoIterator<Item = bool>) -> Self {
        let mut matrix = BitMatrix::zeros(rows, columns);
        for (i, _) in bits.into_iter().take(rows * columns).enumerate().filter(|(_, bit)| *bit) {
            let (row, column) = (i / columns, i % columns);
            matrix.words[row * matrix.stride + column / 64] |= 1 << (column % 64);
        }
        matrix
    }

    /// Creates a matrix from packed words: for each row as many as `columns` bits need, with zeros past the last column.
    pub(crate) fn from_words(rows: usize, columns: usize, words: Vec<u64>) -> Self {
        debug_assert_eq!(words.len(), rows * columns.div_ceil(64));
        BitMatrix { rows, columns, stride: columns.div_ceil(64), words }
    }

    /// The packed words, for reuse.
    pub(crate) fn into_words(self) -> Vec<u64> {
        self.words
    }

    /// Copies `other` into the memory of this matrix.
    pub(crate) fn copy_from(&mut self, other: &BitMatrix) {
        (self.rows, self.columns, self.stride) = (other.rows, other.columns, other.stride);
        self.words.clone_from(&other.words);
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of bits per row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns one row's words; the bits past the last column are 0.
    pub fn row(&self, row: usize) -> &[u64] {
        &self.words[row * self.stride..(row + 1) * self.stride]
    }

    /// Sets `distances[n * (n - 1) / 2 + m]`, for every pair of rows m < n, to the number of bits in which they differ. Panics
    /// if there are fewer distances than pairs.
    pub fn distances(&self, distances: &mut [u64]) {
        super::fused::between_rows(&self.words, self.stride, self.rows, distances);
    }
}

/// Hamming distances between the codes of all pairs of images.
#[derive(Clone, Copy, Debug)]
pub struct Distances<'a> {
    /// Number of images.
    pub images: usize,
    /// Number of units.
    pub units: usize,
    /// At n (n - 1) / 2 + m, for each pair of images m < n: the number of units in which they differ.
    pub pairs: &'a [u64],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_the_bits_that_differ() {
        let bits = (0..2 * 70).map(|i| if i < 70 { i % 2 == 0 } else { i % 3 == 0 });
        let expected = (0..70).filter(|i| (i % 2 == 0) != ((i + 70) % 3 == 0)).count() as u64;
        let matrix = BitMatrix::from_bits(2, 70, bits);
        let mut distances = [0];
        matrix.distances(&mut distances);
        assert_eq!(distances, [expected]);
    }
}

//! The pixels of some images as lines, for kernels that sum over pixels.

use super::super::layout::Steps;

/// Bytes of input and gradient in a band of lines, if that makes it as many pixels as follow.
const BAND: usize = 24 * 1024;

/// Fewest pixels of a band: at its end, a kernel adds to sums that lie further away than the band.
const FEWEST: usize = 64;

/// Lines of pixels in two planes. They are the rows of the images, unless all pixels of both planes follow each other at equal
/// distances: then they may begin and end anywhere.
pub(super) struct Lines {
    reads: Steps,
    gradients: Steps,
    /// Lines in an image, and in all of them.
    rows: usize,
    count: usize,
    /// Pixels of a line, except that all of them together are `pixels`.
    length: usize,
    pixels: usize,
    band: usize,
}

/// A line: where it starts in both planes, and how many pixels it has.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub x: usize,
    pub gradient: usize,
    pub pixels: usize,
}

impl Lines {
    /// The lines of `rows` x `columns` pixels in each of `images` images. None of these numbers is 0. A number takes `bytes` bytes.
    pub fn new([images, rows, columns]: [usize; 3], [reads, gradients]: [Steps; 2], bytes: usize) -> Self {
        let pixels = images * rows * columns;
        let fitting = BAND / ((reads.column + gradients.column) * bytes).max(1);
        if reads.even(rows, columns) && gradients.even(rows, columns) {
            let length = fitting.max(FEWEST).min(pixels);
            let count = pixels.div_ceil(length);
            let [reads, gradients] =
                [reads, gradients].map(|steps| Steps { row: length * steps.column, image: 0, ..steps });
            return Lines { reads, gradients, rows: count, count, length, pixels, band: 1 };
        }
        let row = (reads.row + gradients.row) * bytes;
        let band = (BAND / row.max(1)).max(FEWEST.div_ceil(columns));
        Lines { reads, gradients, rows, count: images * rows, length: columns, pixels, band }
    }

    /// The most pixels in a band.
    pub fn most(&self) -> usize {
        self.band.min(self.count) * self.length
    }

    /// Divides the lines into bands.
    pub fn bands(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let (count, band) = (self.count, self.band);
        (0..count).step_by(band).map(move |first| [first, count.min(first + band)])
    }

    /// The lines of a band.
    #[inline(always)]
    pub fn of(&self, [first, end]: [usize; 2]) -> Walk<'_> {
        Walk { lines: self, next: first, end, image: first / self.rows, row: first % self.rows }
    }
}

/// A walk over lines. Kernels need it instead of a closure that is called for every line: nothing makes sure that a closure is compiled
/// for the instructions of the kernel that it is part of.
pub(super) struct Walk<'a> {
    lines: &'a Lines,
    next: usize,
    end: usize,
    image: usize,
    row: usize,
}

impl Iterator for Walk<'_> {
    type Item = Line;

    #[inline(always)]
    fn next(&mut self) -> Option<Line> {
        if self.next >= self.end {
            return None;
        }
        let Lines { reads, gradients, rows, length, pixels, .. } = self.lines;
        let [x, gradient] = [reads, gradients].map(|steps| steps.at(self.image, self.row, 0));
        let pixels = (*length).min(pixels - self.next * length);
        self.next += 1;
        self.row += 1;
        if self.row == *rows {
            (self.image, self.row) = (self.image + 1, 0);
        }
        Some(Line { x, gradient, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(images: usize, reads: Steps, gradients: Steps) -> Vec<[usize; 2]> {
        let lines = Lines::new([images, 3, 5], [reads, gradients], 4);
        let mut found = Vec::new();
        for band in lines.bands() {
            for line in lines.of(band) {
                let pixel = |i| [line.x + i * reads.column, line.gradient + i * gradients.column];
                found.extend((0..line.pixels).map(pixel));
            }
        }
        found
    }

    #[test]
    fn lines_are_all_pixels_in_order() {
        let dense = Steps { start: 8, image: 120, row: 40, column: 8 };
        let bordered = Steps { start: 64, image: 280, row: 56, column: 8 };
        for images in [1, 2, 70] {
            for (reads, gradients) in [(dense, dense), (bordered, dense), (dense, bordered)] {
                let at = |steps: Steps, n: usize, i: usize| {
                    steps.start + n * steps.image + i / 5 * steps.row + i % 5 * steps.column
                };
                let expected = (0..images).flat_map(|n| (0..15).map(move |i| [at(reads, n, i), at(gradients, n, i)]));
                assert_eq!(places(images, reads, gradients), expected.collect::<Vec<_>>());
            }
        }
    }
}

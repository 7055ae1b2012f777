//! For input gradients: which taps see which input rows or columns.

use crate::network::Line;

/// The input rows (or columns) `offset`, `offset + stride`, ... The taps that see them are `first_tap`, `first_tap + next`, ...;
/// the first of these sees row `offset` from output row `first_output`, which may precede the first row, the next one sees it
/// from `step` rows earlier, and so on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    pub offset: usize,
    stride: usize,
    first_tap: usize,
    next: usize,
    pub taps: usize,
    first_output: isize,
    pub step: usize,
}

/// The phases of input rows or columns under these windows.
pub(super) fn of(line: Line) -> Vec<Phase> {
    let Line { kernel, stride, dilation, padding: [padding, _], .. } = line;
    let next = stride / gcd(stride, dilation);
    let phase = |offset: usize| {
        let is_seen = |tap: &usize| (tap * dilation) % stride == (offset + padding) % stride;
        let first_tap = (0..next).find(is_seen).unwrap_or(kernel);
        let first_output = ((offset + padding) as isize - (first_tap * dilation) as isize) / stride as isize;
        Phase {
            offset,
            stride,
            first_tap,
            next,
            taps: kernel.saturating_sub(first_tap).div_ceil(next),
            first_output,
            step: next * dilation / stride,
        }
    };
    (0..stride).map(phase).collect()
}

/// All pairs of the phases in two directions.
pub(super) fn pairs<'a>(down: &'a [Phase], across: &'a [Phase]) -> impl Iterator<Item = (&'a Phase, &'a Phase)> + 'a {
    down.iter().flat_map(move |down| across.iter().map(move |across| (down, across)))
}

pub(super) fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Phase {
    /// How many of `side` rows belong to the phase.
    pub fn count(&self, side: usize) -> usize {
        side.saturating_sub(self.offset).div_ceil(self.stride)
    }

    /// Its taps, the last one first, as they meet rows of dL/dz in order.
    pub fn taps(&self) -> impl Iterator<Item = usize> + Clone + use<> {
        let (first, next) = (self.first_tap, self.next);
        (0..self.taps).rev().map(move |m| first + m * next)
    }

    /// The row of dL/dz from which the last tap sees the first row.
    fn first(&self) -> isize {
        self.first_output - (self.taps.saturating_sub(1) * self.step) as isize
    }

    /// The same in a plane with this border. A phase without taps reads nothing.
    pub fn first_read(&self, border: usize) -> usize {
        if self.taps == 0 { 0 } else { (border as isize + self.first()).max(0) as usize }
    }

    /// The border around `outputs` rows of dL/dz that the phase reads for `inputs` rows.
    pub fn border(&self, inputs: usize, outputs: usize) -> usize {
        if self.taps == 0 {
            return 0;
        }
        let last = self.count(inputs) as isize - 1 + self.first_output;
        (-self.first()).max(last - (outputs as isize - 1)).max(0) as usize
    }
}

//! Conversion of weights from the layout of [`crate::network::Weights`], `[out][in / groups][kh][kw]`, to that of the kernels.

use super::super::lanes::Float;
use super::super::winograd;
use super::blocks::Block;
use super::{Layer, phases};

/// Read channels whose weights of a panel stay in the first-level cache.
const TOGETHER: usize = 64;

/// Where the weights of one written channel come from: the index of the first of them, and the first row of a tap that they fill.
#[derive(Clone, Copy)]
struct Column {
    weight: usize,
    row: usize,
}

/// Numbers at equal distances.
#[derive(Clone, Copy)]
struct Places {
    first: usize,
    apart: usize,
}

/// Some weights: where they lie in the network's layout and in a kernel's.
#[derive(Clone, Copy)]
struct Run {
    network: Places,
    packed: Places,
    count: usize,
}

/// Calls `each` for all weights of a block, whose own layout begins at `start`.
///
/// `taps` are the places of the block's taps in the kernel; a written channel has the weights of `count` read channels, `apart` from
/// each other, and none at all if it is padding.
fn each_run(
    (block, start): (&Block, usize),
    taps: &[usize],
    [count, apart]: [usize; 2],
    column: impl Fn(usize) -> Option<Column>,
    mut each: impl FnMut(Run),
) {
    for panel in block.panels() {
        let (start, width) = (start + panel.start * block.reads.len() * taps.len(), panel.len());
        let columns: Vec<Column> = panel.map_while(&column).collect();
        let [Some(leftmost), Some(rightmost)] = [columns.first(), columns.last()] else { continue };
        let columns_apart = columns.get(1).map_or(apart, |next| next.weight - leftmost.weight);
        // Runs go where weights of the network are closest to each other, to load each of its cache lines once. A run across columns is
        // one of equal distances only within a group.
        let across = columns_apart <= apart && leftmost.row == rightmost.row;
        for first in (0..count).step_by(TOGETHER) {
            let reads = first..count.min(first + TOGETHER);
            let mut run = |column: &Column, i: usize, read: usize, [distance, step]: [usize; 2], count: usize| {
                for (place, tap) in taps.iter().enumerate() {
                    let row = place * block.reads.len() + read + column.row;
                    let network = Places { first: column.weight + read * apart + tap, apart: distance };
                    each(Run { network, packed: Places { first: start + row * width + i, apart: step }, count });
                }
            };
            if across {
                reads.for_each(|read| run(leftmost, 0, read, [columns_apart, 1], columns.len()));
            } else {
                for (i, column) in columns.iter().enumerate() {
                    run(column, i, first, [apart, width], reads.len());
                }
            }
        }
    }
}

/// Copies and converts `count` numbers.
fn copy<A: Copy, B>(
    (from, source): (&[A], Places),
    (to, target): (&mut [B], Places),
    count: usize,
    convert: impl Fn(A) -> B,
) {
    let (from, to) = (&from[source.first..], &mut to[target.first..]);
    // Only steps that the compiler knows become vectors.
    if [source.apart, target.apart] == [1, 1] {
        to[..count].iter_mut().zip(&from[..count]).for_each(|(to, &from)| *to = convert(from));
    } else {
        let from = from.iter().step_by(source.apart).take(count);
        to.iter_mut().step_by(target.apart).zip(from).for_each(|(to, &from)| *to = convert(from));
    }
}

impl Layer {
    fn taps_len(&self) -> usize {
        self.windows[0].kernel * self.windows[1].kernel
    }

    fn blocks_len(&self, blocks: &[Block]) -> usize {
        self.taps_len() * blocks.iter().map(Block::len).sum::<usize>()
    }

    /// Length of the weights packed for [`Layer::forward`].
    pub fn packed_len(&self) -> usize {
        match self.winograd {
            true => winograd::transformed_len(self.x.channels, self.z.channels),
            false => self.blocks_len(&self.forward_blocks()),
        }
    }

    /// Length of the weights packed for [`Layer::input_gradient`].
    pub fn transposed_len(&self, by_x: usize) -> usize {
        match self.winograd {
            true => winograd::transformed_len(by_x, self.z.channels),
            false => self.blocks_len(&self.backward_blocks(by_x)),
        }
    }

    /// Length of the sums of [`Layer::weight_gradient`].
    pub fn sums_len(&self) -> usize {
        self.packed_len()
    }

    /// Calls `each` for all weights in the layout of [`Layer::forward`].
    fn runs(&self, mut each: impl FnMut(Run)) {
        let [inputs, outputs] = self.of_group();
        let taps: Vec<usize> = (0..self.taps_len()).collect();
        let mut start = 0;
        for block in self.forward_blocks() {
            let column = |channel: usize| {
                let (number, output) = (channel / outputs, channel % outputs);
                let weight = ((block.groups.start + number) * outputs + output) * inputs * taps.len();
                let row = if self.is_depthwise() { 0 } else { number * inputs };
                (number < block.groups.len()).then_some(Column { weight, row })
            };
            each_run((&block, start), &taps, [inputs, taps.len()], column, &mut each);
            start += taps.len() * block.len();
        }
    }

    /// Packs weights for [`Layer::forward`]: block by block, channels padded with zeros, or transformed.
    pub fn pack<F: Float>(&self, weights: &[f32], packed: &mut [F]) {
        if self.winograd {
            if let Some(packed) = F::single_mut(packed) {
                winograd::transform_weights(weights, self.inputs, self.outputs, packed);
            }
            return;
        }
        if packed.len() != weights.len() {
            packed.fill(F::default());
        }
        self.runs(|run| copy((weights, run.network), (packed, run.packed), run.count, F::from_f32));
    }

    /// Packs weights for [`Layer::input_gradient`]: block by block for each pair of phases, with taps reversed and channels padded
    /// with zeros, or transformed. `by_x` is the number of channels that are written.
    pub fn pack_transposed<F: Float>(&self, weights: &[f32], by_x: usize, packed: &mut [F]) {
        if self.winograd {
            if let Some(packed) = F::single_mut(packed) {
                winograd::transform_transposed_weights(weights, self.inputs, self.outputs, packed);
            }
            return;
        }
        if packed.len() != weights.len() {
            packed.fill(F::default());
        }
        let (all_taps, [inputs, outputs]) = (self.taps_len(), self.of_group());
        let width = self.windows[1].kernel;
        let [down, across] = self.windows.map(phases::of);
        let blocks = self.backward_blocks(by_x);
        let mut rest = packed;
        for (down, across) in phases::pairs(&down, &across) {
            let taps: Vec<usize> =
                down.taps().flat_map(|row| across.taps().map(move |column| row * width + column)).collect();
            for block in &blocks {
                let (part, others) = rest.split_at_mut(taps.len() * block.len());
                rest = others;
                let column = |channel: usize| {
                    let (number, input) = (channel / inputs, channel % inputs);
                    let weight = ((block.groups.start + number) * outputs * inputs + input) * all_taps;
                    let row = if self.is_depthwise() { 0 } else { number * outputs };
                    (number < block.groups.len()).then_some(Column { weight, row })
                };
                each_run((block, 0), &taps, [outputs, inputs * all_taps], column, |run| {
                    copy((weights, run.network), (part, run.packed), run.count, F::from_f32);
                });
            }
        }
    }

    /// Converts the sums of the weight gradient to the layout of the weights.
    pub fn finish_weight_gradient<F: Float>(&self, sums: &[F], gradient: &mut [F]) {
        if self.winograd {
            gradient.fill(F::default());
            if let (Some(sums), Some(gradient)) = (F::single(sums), F::single_mut(gradient)) {
                winograd::finish_weight_gradient(&self.winograd_layer(1), sums, gradient);
            }
            return;
        }
        self.runs(|run| copy((sums, run.packed), (gradient, run.network), run.count, |sum| sum));
    }
}

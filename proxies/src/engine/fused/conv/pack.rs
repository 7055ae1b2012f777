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

/// Calls `each` for every weight of a block with its place in the network's layout and its place in the block's.
///
/// `taps` are the places of the block's taps in the kernel; a written channel has the weights of `count` read channels, `apart` from
/// each other, and none at all if it is padding.
fn each_weight(
    block: &Block,
    taps: &[usize],
    [count, apart]: [usize; 2],
    column: impl Fn(usize) -> Option<Column>,
    mut each: impl FnMut(usize, usize),
) {
    for panel in block.panels() {
        let (start, width) = (panel.start * block.reads.len() * taps.len(), panel.len());
        let columns: Vec<Column> = panel.map_while(&column).collect();
        let mut visit = |read: usize, i: usize, column: &Column| {
            for (place, tap) in taps.iter().enumerate() {
                let row = place * block.reads.len() + read + column.row;
                each(column.weight + read * apart + tap, start + row * width + i);
            }
        };
        // Weights that follow each other in the network are visited one after the other, to load each of their cache lines once.
        let read_channels_follow = columns.get(1).is_some_and(|next| next.weight - columns[0].weight > apart);
        for first in (0..count).step_by(TOGETHER) {
            let reads = first..count.min(first + TOGETHER);
            if read_channels_follow {
                for (i, column) in columns.iter().enumerate() {
                    reads.clone().for_each(|read| visit(read, i, column));
                }
            } else {
                for read in reads {
                    columns.iter().enumerate().for_each(|(i, column)| visit(read, i, column));
                }
            }
        }
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

    /// Calls `each` for every weight with its place in the network's layout and its place in the layout of [`Layer::forward`].
    fn places(&self, mut each: impl FnMut(usize, usize)) {
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
            each_weight(&block, &taps, [inputs, taps.len()], column, |from, to| each(from, start + to));
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
        self.places(|from, to| packed[to] = F::from_f32(weights[from]));
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
                each_weight(block, &taps, [outputs, inputs * all_taps], column, |from, to| {
                    part[to] = F::from_f32(weights[from]);
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
        self.places(|to, from| gradient[to] = sums[from]);
    }
}

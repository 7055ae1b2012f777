//! Conversion of weights from the layout of [`crate::network::Weights`], `[out][in / groups][kh][kw]`, to that of the kernels.

use super::super::lanes::Float;
use super::super::winograd;
use super::blocks::Block;
use super::{Layer, phases};

/// Output channels that are moved together: those of a cache line, which would otherwise be fetched once for each of them.
const LINE: usize = 16;

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

    /// Calls `each` for every weight with its place in the network's layout and its place in the layout of [`Layer::forward`],
    /// which is `[kh][kw][in][out]` for each block.
    fn places(&self, mut each: impl FnMut(usize, usize)) {
        let (taps, [inputs, outputs]) = (self.taps_len(), self.of_group());
        let mut start = 0;
        for block in self.forward_blocks() {
            let (read, written) = (block.reads.len(), block.writes.len());
            for (group, number) in block.groups.clone().enumerate().map(|(place, group)| (group, place)) {
                for first in (0..outputs).step_by(LINE) {
                    for input in 0..inputs {
                        let from = if self.is_depthwise() { 0 } else { number * inputs + input };
                        for tap in 0..taps {
                            let to = start + (tap * read + from) * written + number * outputs;
                            for output in first..(first + LINE).min(outputs) {
                                let filter = (group * outputs + output) * inputs * taps;
                                each(filter + input * taps + tap, to + output);
                            }
                        }
                    }
                }
            }
            start += taps * block.len();
        }
    }

    /// Packs weights for [`Layer::forward`]: `[kh][kw][in][out]` for each block, channels padded with zeros, or transformed.
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

    /// Packs weights for [`Layer::input_gradient`]: `[kh][kw][out][in]` for each pair of phases and each block, with taps
    /// reversed and channels padded with zeros, or transformed. `by_x` is the number of channels that `in` stands for.
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
        let (taps, [inputs, outputs]) = (self.taps_len(), self.of_group());
        let columns = self.windows[1].kernel;
        let [down, across] = self.windows.map(phases::of);
        let blocks = self.backward_blocks(by_x);
        let mut rest = packed;
        for (down, across) in phases::pairs(&down, &across) {
            for block in &blocks {
                for tap in down.taps().flat_map(|row| across.taps().map(move |column| row * columns + column)) {
                    let (of_tap, others) = rest.split_at_mut(block.len());
                    rest = others;
                    for (number, group) in block.groups.clone().enumerate() {
                        for output in 0..outputs {
                            let row = if self.is_depthwise() { 0 } else { number * outputs + output };
                            let to = &mut of_tap[row * block.writes.len()..][number * inputs..][..inputs];
                            let filter = &weights[(group * outputs + output) * inputs * taps..][..inputs * taps];
                            for (to, weight) in to.iter_mut().zip(filter[tap..].iter().step_by(taps)) {
                                *to = F::from_f32(*weight);
                            }
                        }
                    }
                }
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

//! Weights from the layout of [`crate::network::Weights`], `[out][in][kh][kw]`, into the kernels' own, and back.

use super::super::lanes::Float;
use super::Layer;

impl Layer {
    /// Weights as the forward kernel takes them: `[kh][kw][in][out]`, channels padded with zeros.
    pub fn pack<F: Float>(&self, weights: &[f32], packed: &mut [F]) {
        let taps = self.conv.kernel * self.conv.kernel;
        let (inputs, outputs) = (self.x.channels, self.z.channels);
        if (inputs, outputs) != (self.inputs, self.conv.channels) {
            packed.fill(F::default());
        }
        for (output, filter) in weights.chunks_exact(self.inputs * taps).enumerate() {
            for (input, kernel) in filter.chunks_exact(taps).enumerate() {
                for (tap, &weight) in kernel.iter().enumerate() {
                    packed[(tap * inputs + input) * outputs + output] = F::from_f32(weight);
                }
            }
        }
    }

    /// Weights as [`Layer::input_gradient`] takes them: for each pair of phases `[kh][kw][out][in]`, taps backwards,
    /// channels padded with zeros. `by_x` channels stand for `in`.
    pub fn pack_transposed<F: Float>(&self, weights: &[f32], by_x: usize, packed: &mut [F]) {
        let kernel = self.conv.kernel;
        let filter = self.inputs * kernel * kernel;
        if (by_x, self.z.channels) != (self.inputs, self.conv.channels) {
            packed.fill(F::default());
        }
        let mut blocks = packed.chunks_exact_mut(self.z.channels * by_x);
        let phases = self.phases();
        for (down, across) in phases.iter().flat_map(|down| phases.iter().map(move |across| (down, across))) {
            for tap in down.taps().flat_map(|row| across.taps().map(move |column| row * kernel + column)) {
                let Some(block) = blocks.next() else { return };
                for (row, filter) in block.chunks_exact_mut(by_x).zip(weights.chunks_exact(filter)) {
                    for (to, weight) in row.iter_mut().zip(filter[tap..].iter().step_by(kernel * kernel)) {
                        *to = F::from_f32(*weight);
                    }
                }
            }
        }
    }

    /// Leaves out the padding of numbers laid out as packed weights; `None` if there is none.
    pub fn unpadded<F: Float>(&self, packed: &[F]) -> Option<Vec<F>> {
        let (inputs, outputs) = (self.x.channels, self.z.channels);
        if (inputs, outputs) == (self.inputs, self.conv.channels) {
            return None;
        }
        let taps = packed.chunks_exact(inputs * outputs);
        let rows = taps.flat_map(|tap| tap.chunks_exact(outputs).take(self.inputs));
        Some(rows.flat_map(|row| &row[..self.conv.channels]).copied().collect())
    }
}

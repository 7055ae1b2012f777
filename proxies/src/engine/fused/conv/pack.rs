//! Weights from the layout of [`crate::network::Weights`], `[out][in][kh][kw]`, into the kernels' own.

use super::super::lanes::Float;
use super::super::winograd;
use super::Layer;

impl Layer {
    /// Numbers in the weights as [`Layer::forward`] takes them.
    pub fn packed_len(&self) -> usize {
        let (inputs, outputs) = (self.x.channels, self.z.channels);
        match self.winograd {
            true => winograd::transformed_len(inputs, outputs),
            false => self.conv.kernel * self.conv.kernel * inputs * outputs,
        }
    }

    /// Numbers in the weights as [`Layer::input_gradient`] takes them.
    pub fn transposed_len(&self, by_x: usize) -> usize {
        self.packed_len() / self.x.channels * by_x
    }

    /// Numbers that [`Layer::weight_gradient`] adds up.
    pub fn sums_len(&self) -> usize {
        self.packed_len()
    }

    /// Weights as [`Layer::forward`] takes them: `[kh][kw][in][out]`, channels padded with zeros, or transformed.
    pub fn pack<F: Float>(&self, weights: &[f32], packed: &mut [F]) {
        if self.winograd {
            if let Some(packed) = F::single_mut(packed) {
                winograd::transform_weights(weights, self.inputs, self.conv.channels, packed);
            }
            return;
        }
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
    /// channels padded with zeros, or transformed. `by_x` channels stand for `in`.
    pub fn pack_transposed<F: Float>(&self, weights: &[f32], by_x: usize, packed: &mut [F]) {
        if self.winograd {
            if let Some(packed) = F::single_mut(packed) {
                winograd::transform_transposed_weights(weights, self.inputs, self.conv.channels, packed);
            }
            return;
        }
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

    /// The weight gradient in the layout of the weights, from its sums.
    pub fn finish_weight_gradient<F: Float>(&self, sums: &[F], gradient: &mut [F]) {
        if self.winograd {
            gradient.fill(F::default());
            if let (Some(sums), Some(gradient)) = (F::single(sums), F::single_mut(gradient)) {
                winograd::finish_weight_gradient(&self.winograd_layer(1), sums, gradient);
            }
            return;
        }
        let taps = self.conv.kernel * self.conv.kernel;
        let (inputs, outputs) = (self.x.channels, self.z.channels);
        for (output, filter) in gradient.chunks_exact_mut(self.inputs * taps).enumerate() {
            for (input, kernel) in filter.chunks_exact_mut(taps).enumerate() {
                for (tap, gradient) in kernel.iter_mut().enumerate() {
                    *gradient = sums[(tap * inputs + input) * outputs + output];
                }
            }
        }
    }
}

//! The input gradient of direct convolutions.
//!
//! An input pixel meets the taps of its own phase, which is its row and column modulo the stride. Each pair of phases is a sliding
//! product of stride 1 over dL/dz with a part of the kernel, reversed.

use super::super::lanes::Float;
use super::super::layout::{Layout, Steps};
use super::blocks::Block;
use super::depthwise::{self, Product, Taps};
use super::output::{Finish, Output};
use super::phases::{self, Phase};
use super::sliding::{Slide, Window};
use super::{InputGradient, Layer, Scratch, together};

impl Layer {
    /// Returns the border that [`Layer::input_gradient`] needs around dL/dz.
    pub fn gradient_border(&self) -> usize {
        let [down, across] = self.windows.map(phases::of);
        let side = |phases: Vec<Phase>, inputs, outputs| {
            phases.iter().map(|phase| phase.border(inputs, outputs)).max().unwrap_or(0)
        };
        side(down, self.x.height, self.z.height).max(side(across, self.x.width, self.z.width))
    }

    /// Computes an input gradient, with weights from [`Layer::pack_transposed`].
    pub fn input_gradient<F: Float>(&self, mut gradient: InputGradient<'_, F>, weights: &[F], scratch: &mut Scratch) {
        if self.winograd {
            return self.tiled_input_gradient(gradient, weights, scratch);
        }
        let [down, across] = self.windows.map(phases::of);
        let blocks = self.backward_blocks(gradient.layout.channels);
        for images in together(gradient.images(), blocks.len() * down.len() * across.len()) {
            let mut weights = weights;
            for phases in phases::pairs(&down, &across) {
                for block in &blocks {
                    let part;
                    (part, weights) = weights.split_at(phases.0.taps * phases.1.taps * block.len());
                    self.phase_gradient(&mut gradient, images, phases, block, part);
                }
            }
        }
    }

    /// Computes one pair of phases and one block of some images, given as the first and how many.
    fn phase_gradient<F: Float>(
        &self,
        gradient: &mut InputGradient<'_, F>,
        (first, images): (usize, usize),
        (down, across): (&Phase, &Phase),
        block: &Block,
        weights: &[F],
    ) {
        let InputGradient { by_z, ref mut by_x, layout, gate, add } = *gradient;
        let strides = self.windows.map(|line| line.stride);
        let place = |plane: Layout| {
            let steps = plane.steps().beyond(first, block.writes.start);
            Steps {
                start: steps.start + down.offset * steps.row + across.offset * steps.column,
                row: steps.row * strides[0],
                column: steps.column * strides[1],
                ..steps
            }
        };
        let (row, column) = (by_z.layout.row(), by_z.layout.channels);
        let border = by_z.layout.border;
        let start = down.first_read(border) * row + across.first_read(border) * column;
        let reads = Steps { start, ..by_z.layout.steps() }.beyond(first, block.reads.start);
        let output = Output {
            images,
            rows: down.count(self.x.height),
            columns: across.count(self.x.width),
            channels: block.writes.len(),
            numbers: by_x,
            writes: place(layout),
            finish: Finish::Gradient { gate: gate.map(|gate| (gate.numbers, place(gate.layout))), add },
        };
        let x = by_z.numbers;
        let (down_by, across_by) = (row * down.step, column * across.step);
        if self.is_depthwise() {
            let taps = Taps { rows: down.taps, columns: across.taps, down: down_by, across: across_by };
            return depthwise::convolve(Product { taps, x, reads, weights, output });
        }
        let apart = block.reads.len() != column || across.step > 1;
        let (columns, run) =
            if apart { (across.taps, block.reads.len()) } else { (1, across.taps * block.reads.len()) };
        let window = Window { rows: down.taps, columns, run, down: down_by, across: across_by };
        Slide { window, x, reads, weights, output }.run();
    }
}

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
use super::{Chunk, Layer, Scratch, together};

/// Some images of a chunk whose input gradient is computed.
struct Gradient<'a, 'x, F> {
    /// The first image, and how many.
    images: (usize, usize),
    by_z: Chunk<'a, F>,
    by_x: &'x mut [F],
    layout: Layout,
    gate: Option<Chunk<'a, F>>,
    add: bool,
}

impl Layer {
    /// Returns the border that [`Layer::input_gradient`] needs around dL/dz.
    pub fn gradient_border(&self) -> usize {
        let [down, across] = self.windows.map(phases::of);
        let side = |phases: Vec<Phase>, inputs, outputs| {
            phases.iter().map(|phase| phase.border(inputs, outputs)).max().unwrap_or(0)
        };
        side(down, self.x.height, self.z.height).max(side(across, self.x.width, self.z.width))
    }

    /// Computes dL/dx where `gate` (laid out as x) is positive, and stores it in `by_x` or adds it there. `by_z` has a border of
    /// [`Layer::gradient_border`]; `weights` come from [`Layer::pack_transposed`].
    pub fn input_gradient<F: Float>(
        &self,
        by_z: Chunk<'_, F>,
        weights: &[F],
        (by_x, layout): (&mut [F], Layout),
        (gate, add): (Option<Chunk<'_, F>>, bool),
        scratch: &mut Scratch,
    ) {
        if self.winograd {
            return self.tiled_input_gradient(by_z, weights, (by_x, layout), (gate, add), scratch);
        }
        let [down, across] = self.windows.map(phases::of);
        let blocks = self.backward_blocks(layout.channels);
        let images = by_x.len() / layout.image();
        for images in together(images, blocks.len() * down.len() * across.len()) {
            let mut weights = weights;
            for phases in phases::pairs(&down, &across) {
                for block in &blocks {
                    let part;
                    (part, weights) = weights.split_at(phases.0.taps * phases.1.taps * block.len());
                    let gradient = Gradient { images, by_z, by_x: &mut *by_x, layout, gate, add };
                    self.phase_gradient(gradient, phases, block, part);
                }
            }
        }
    }

    /// Computes one pair of phases and one block.
    fn phase_gradient<F: Float>(
        &self,
        gradient: Gradient<'_, '_, F>,
        (down, across): (&Phase, &Phase),
        block: &Block,
        weights: &[F],
    ) {
        let Gradient { images: (first, images), by_z, by_x, layout, gate, add } = gradient;
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

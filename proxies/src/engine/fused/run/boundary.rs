//! What is shown at the boundaries between a network's blocks, and the signs that go back from there.

use super::super::lanes::Float;
use super::super::layout::Plane;
use super::super::plan::Source;
use super::Run;
use crate::engine::signs::boundaries_at;
use crate::engine::{Objective, Signs};

impl<F: Float> Run<'_, '_, F> {
    pub(super) fn show_boundary(&mut self, i: usize) {
        if self.audience.seen.boundaries {
            for boundary in boundaries_at(&self.task.plan.boundaries, i) {
                let value = self.values.get(Source { node: i, rectified: false });
                let view = value.view(self.task.plan.nodes[i].shape);
                self.audience.show(|watch| watch.boundaries, |to| to.boundary(boundary, &view));
            }
        }
    }

    /// What goes on backward from node `i`'s value under [`Objective::Signs`], `g` having come in there.
    pub(super) fn turn_at_boundary(&mut self, i: usize, mut g: Option<Plane<F>>) -> Option<Plane<F>> {
        if self.audience.seen.objective != Objective::Signs {
            return g;
        }
        let shape = self.task.plan.nodes[i].shape;
        for boundary in boundaries_at(&self.task.plan.boundaries, i).into_iter().rev() {
            let mut plane = g.unwrap_or_else(|| {
                let mut zeros = self.memory.buffers.take(self.task.gradient_layout(i));
                zeros.all_mut().fill(F::default());
                zeros
            });
            if boundary + 1 < self.task.plan.boundaries.len() {
                let view = plane.view(shape);
                self.audience.show(|watch| watch.boundary_gradients, |to| to.boundary_gradient(boundary, &view));
            }
            if boundary == 0 {
                self.memory.buffers.give(plane);
                return None;
            }
            write(&Signs::new(boundary, shape), &mut plane);
            g = Some(plane);
        }
        g
    }
}

/// Makes the pixels of a plane signs, and padded channels zeros.
fn write<F: Float>(signs: &Signs, plane: &mut Plane<F>) {
    let (layout, channels) = (plane.layout(), signs.shape().channels);
    for n in 0..layout.images {
        let mut signs = signs.image(n);
        let image = plane.image_mut(n);
        for row in 0..layout.height {
            for pixel in image[layout.row_at(row)..][..layout.row_len()].chunks_exact_mut(layout.channels) {
                pixel[..channels].iter_mut().zip(&mut signs).for_each(|(to, sign)| *to = F::from_f32(sign));
                pixel[channels..].fill(F::default());
            }
        }
    }
}

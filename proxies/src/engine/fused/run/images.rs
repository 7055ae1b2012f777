//! Conversion of external numbers to planes: the batch's images and the logits' gradient.

use super::super::lanes::Float;
use super::super::layout::Layout;
use super::super::plane::Plane;
use super::{Cpu, Memory, NodeValues};
use crate::engine::walk::Task;
use crate::network::Shape;

impl<F: Float> Memory<F> {
    /// Loads the batch's images into the engine's layout.
    pub(super) fn load_images(&mut self, task: &Task<'_>, layout: Layout) -> Plane<F> {
        let batch = task.pass.batch;
        let Shape { channels, height, width } = batch.shape();
        let mut plane = self.buffers.take(layout);
        for (n, pixels) in batch.images().chunks_exact(batch.shape().len()).enumerate() {
            let to = plane.image_mut(n);
            for row in 0..height {
                let to = &mut to[layout.row_at(row)..][..layout.row_len()];
                for (column, to) in to.chunks_exact_mut(layout.channels).enumerate() {
                    to[channels..].fill(F::default());
                    for (channel, to) in to[..channels].iter_mut().enumerate() {
                        *to = F::from_f64(pixels[(channel * height + row) * width + column]);
                    }
                }
            }
        }
        plane
    }
}

impl<F: Float> Cpu<'_, F> {
    /// Returns the plane of the logits' gradient, or of its tangent.
    pub(super) fn logit_plane(&mut self, task: &Task<'_>, values: &NodeValues<F>, by_logits: &[f64]) -> Plane<F> {
        let output = task.plan.output;
        let layout = self.memory.gradient_layout(task, output.node);
        let mut plane = self.memory.buffers.take(layout);
        let classes = task.net.classes();
        let start = plane.layout().start();
        let gated = task.gates(output);
        let logits = values.get(output);
        for (n, by_logits) in by_logits.chunks_exact(classes).enumerate() {
            let logits = &logits.image(n)[logits.layout().start()..][..classes];
            let to = &mut plane.image_mut(n)[start..];
            to[classes..].iter_mut().for_each(|to| *to = F::default());
            for ((to, &g), &logit) in to.iter_mut().zip(by_logits).zip(logits) {
                *to = if gated && logit <= F::default() { F::default() } else { F::from_f64(g) };
            }
        }
        plane
    }
}

/// The numbers in a plane of logits, row-major.
pub(super) fn logits<F: Float>(task: &Task<'_>, plane: &Plane<F>) -> Vec<f64> {
    let classes = task.net.classes();
    let view = plane.view(Shape::new(classes, 1, 1));
    (0..view.images() * classes).map(|i| view.get(i / classes, i % classes, 0, 0)).collect()
}

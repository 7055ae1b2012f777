//! Layer norms of a run.

use super::super::lanes::Float;
use super::super::layout::{Layout, padded};
use super::super::plane::Plane;
use super::super::pool::{ChannelNorm, ChannelNormBackward, ChannelNormSums};
use super::{Cpu, Walk, image};
use crate::engine::walk::Task;
use crate::engine::walk::plan::Source;
use crate::network::LayerId;

/// Returns a layer norm's parameters.
pub(super) fn channel_norm<F: Float>(task: &Task<'_>, layer: LayerId) -> ChannelNorm<F> {
    let (affine, epsilon) = task.norm(layer);
    let channels = task.net.layer(layer).shape.channels;
    let learned = |i: usize, none: f64| match affine {
        Some(tensors) => tensors[i].iter().map(|&number| F::from_f32(number)).collect(),
        None => vec![F::from_f64(none); channels],
    };
    ChannelNorm { scale: learned(0, 1.0), shift: learned(1, 0.0), epsilon }
}

impl<'m, F: Float> Cpu<'m, F> {
    /// Passes the gradient `g` at a layer norm's output on to its input, and keeps the gradients of its parameters.
    pub(super) fn channel_norm_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        (layer, input): (LayerId, Source),
        g: &Plane<F>,
    ) {
        let (norm, values) = (channel_norm(&walk.task, layer), &walk.values);
        let x = values.get(input);
        if walk.audience.seen.weight_gradients && walk.task.norm(layer).0.is_some() {
            let half = padded(norm.scale.len());
            let layout = Layout { images: walk.task.images(), ..Layout::flat(2 * half) };
            let sums = self.memory.by_image(layout, 0, |to, _, n| {
                ChannelNormSums { norm: &norm, x: image(x, n), by_y: image(g, n), sums: to.numbers }.run();
            });
            for (place, start) in [0, half].into_iter().enumerate() {
                let mut total = self.memory.buffers.take(Layout::flat(norm.scale.len()));
                for (c, total) in total.all_mut().iter_mut().enumerate() {
                    let parts = sums.all()[start + c..].iter().step_by(2 * half);
                    *total = F::from_f64(parts.map(|part| part.to_f64()).sum());
                }
                self.by_parameter[walk.task.parameter(layer, place).0] = Some(total);
            }
            self.memory.buffers.give(sums);
        }
        self.memory.by_input(&walk.task, input, values, &mut walk.gradients, |by_x, row, n| {
            ChannelNormBackward { norm: &norm, x: image(x, n), by_y: image(g, n), by_x, row }.run();
        });
    }
}

//! Layer norms of a run, forward and backward.

use super::super::arguments::{self, NormBackward};
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel};
use super::{Gpu, Walk, gate, len, value};
use crate::Result;
use crate::engine::walk::Task;
use crate::engine::walk::plan::Source;
use crate::network::LayerId;

impl<'a> Gpu<'a> {
    pub(super) fn layer_norm_forward(&mut self, walk: &Walk<'_, '_, 'a>, layer: LayerId, input: Source, y: Buffer) {
        let affine = walk.task.norm(layer).0.is_some();
        let parameter = |i: usize| if affine { self.parameter(&walk.task, layer, i) } else { 0 };
        let arguments = arguments::LayerNorm {
            x: value(walk, input),
            scale: parameter(0),
            shift: parameter(1),
            y: y.address,
            ..sizes(&walk.task, layer, input)
        };
        self.launch_layer_norm(Kernel::LayerNorm, &arguments);
    }

    /// Passes the gradient `g` with respect to a layer norm's output on to its parameters and its input.
    pub(super) fn layer_norm_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        layer: LayerId,
        input: Source,
        g: Buffer,
    ) -> Result<()> {
        let affine = walk.task.norm(layer).0.is_some();
        if affine && walk.audience.seen.weight_gradients {
            self.layer_norm_gradients(walk, layer, input, g)?;
        }
        if walk.reached(input.node) {
            let (to, add) = self.gradient_of(walk, input)?;
            let arguments = arguments::LayerNorm {
                x: value(walk, input),
                by_y: g.address,
                scale: if affine { self.parameter(&walk.task, layer, 0) } else { 0 },
                gate: gate(walk, input),
                y: to.address,
                add: add.into(),
                ..sizes(&walk.task, layer, input)
            };
            self.launch_layer_norm(Kernel::LayerNormBackward, &arguments);
        }
        Ok(())
    }

    /// The gradients with respect to scale and shift: the sums of g times the normalised input, and of g.
    fn layer_norm_gradients(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        layer: LayerId,
        input: Source,
        g: Buffer,
    ) -> Result<()> {
        let shape = walk.task.shape(input.node);
        let normal = self.numbers(len(&walk.task, input.node))?;
        let arguments =
            arguments::LayerNorm { x: value(walk, input), y: normal.address, ..sizes(&walk.task, layer, input) };
        self.launch_layer_norm(Kernel::LayerNorm, &arguments);
        let sums = self.channel_sums(&walk.task, g.address, normal.address, shape)?;
        let arguments = NormBackward {
            sums: sums.buffer.address,
            by_scale: self.by_parameter(walk, layer, 0)?,
            by_shift: self.by_parameter(walk, layer, 1)?,
            parts: sums.parts as i32,
            channels: shape.channels as i32,
            ..NormBackward::default()
        };
        self.launch(Kernel::NormBackward, [shape.channels, 1], &arguments);
        self.memory.give(sums.buffer);
        self.memory.give(normal);
        Ok(())
    }

    fn launch_layer_norm(&mut self, kernel: Kernel, arguments: &arguments::LayerNorm) {
        let pixels = (arguments.images * arguments.area) as usize;
        self.launch(kernel, [pixels.div_ceil(BLOCK as usize), 1], arguments);
    }
}

/// Arguments of a layer norm without the addresses.
fn sizes(task: &Task<'_>, layer: LayerId, input: Source) -> arguments::LayerNorm {
    let shape = task.shape(input.node);
    arguments::LayerNorm {
        epsilon: task.norm(layer).1,
        images: task.images() as i32,
        channels: shape.channels as i32,
        area: shape.area() as i32,
        ..arguments::LayerNorm::default()
    }
}

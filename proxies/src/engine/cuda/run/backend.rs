//! The steps of a walk on a CUDA device.

use super::super::pool::Buffer;
use super::{Gpu, Walk, len};
use crate::Result;
use crate::engine::values::Numbers;
use crate::engine::walk::plan::{Source, Term};
use crate::engine::walk::{Backend, Convolution, Task};
use crate::engine::{Signs, View, Watch};
use crate::network::{Activation, LayerId};
use std::time::Duration;

impl<'a> Backend for Gpu<'a> {
    type Buffer = Buffer;
    /// For each channel the factors of g and of x, and the constant.
    type NormBackward = Buffer;

    const FUSES_BACKWARD: bool = false;

    fn images(&mut self, walk: &mut Walk<'_, '_, 'a>, _node: usize) -> Result<Buffer> {
        let pixels = walk.task.pass.batch.images().iter().copied();
        let images = Numbers::rounded(self.precision, pixels);
        self.memory.upload(&images)
    }

    fn convolve(&mut self, walk: &mut Walk<'_, '_, 'a>, node: usize, conv: Convolution) -> Result<Buffer> {
        self.conv_forward(walk, node, conv)
    }

    fn normalise(&mut self, walk: &mut Walk<'_, '_, 'a>, source: Source, layer: LayerId) -> Result<()> {
        self.ready_norm(walk, source, layer)
    }

    fn combine(&mut self, walk: &mut Walk<'_, '_, 'a>, node: usize, terms: &[Term]) -> Result<[Option<Buffer>; 2]> {
        self.combine_forward(walk, node, terms)
    }

    fn rearrange(&mut self, walk: &mut Walk<'_, '_, 'a>, node: usize) -> Result<Buffer> {
        self.rearrange_forward(walk, node)
    }

    fn logits(&mut self, walk: &mut Walk<'_, '_, 'a>) -> Result<Vec<f64>> {
        let output = walk.task.plan.output;
        Ok(self.download(*walk.values.get(output), len(&walk.task, output.node))?.to_f64())
    }

    fn begin_backward(&mut self, _walk: &mut Walk<'_, '_, 'a>, _seen: Watch, _logits: &[f64]) -> Result<()> {
        self.arrived.fill(false);
        Ok(())
    }

    fn by_logits(&mut self, walk: &mut Walk<'_, '_, 'a>, mut by_logits: Vec<f64>, logits: &[f64]) -> Result<Buffer> {
        if walk.task.gates(walk.task.plan.output) {
            let off = by_logits.iter_mut().zip(logits).filter(|(_, logit)| **logit <= 0.0);
            off.for_each(|(g, _)| *g = 0.0);
        }
        let numbers = Numbers::rounded(self.precision, by_logits.into_iter());
        self.memory.upload(&numbers)
    }

    fn signs(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        node: usize,
        signs: &Signs,
        buffer: Option<Buffer>,
    ) -> Result<Buffer> {
        buffer.into_iter().for_each(|buffer| self.give(buffer));
        self.upload_signs(&walk.task, walk.task.shape(node), signs)
    }

    fn convolve_backward(&mut self, walk: &mut Walk<'_, '_, 'a>, node: usize, g: &Buffer) -> Result<()> {
        self.conv_backward(walk, node, *g)
    }

    fn activation_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        node: usize,
        activation: Activation,
        by_activation: &Buffer,
        g: Option<Buffer>,
    ) -> Result<Buffer> {
        self.through_activation(walk, node, activation, *by_activation, g)
    }

    fn masked(&mut self, walk: &mut Walk<'_, '_, 'a>, node: usize, g: &Buffer) -> Result<Buffer> {
        self.mask(walk, node, *g)
    }

    fn norm_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        source: Source,
        layer: LayerId,
        g: &Buffer,
    ) -> Result<Buffer> {
        self.norm_step(walk, source, layer, *g)
    }

    fn combination_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        convs: Vec<(usize, Option<Buffer>)>,
        g: &Buffer,
    ) -> Result<()> {
        // Without `FUSES_BACKWARD`, the walk passes no convolutions.
        for (node, norm) in convs {
            self.spread_to(walk, Source { node, activated: false }, norm, *g)?;
        }
        Ok(())
    }

    fn spread(&mut self, walk: &mut Walk<'_, '_, 'a>, source: Source, norm: Option<&Buffer>, g: &Buffer) -> Result<()> {
        self.spread_to(walk, source, norm.copied(), *g)
    }

    fn suits(&self, _walk: &Walk<'_, '_, 'a>, _g: &Buffer, _node: usize) -> bool {
        true
    }

    fn rearrange_backward(&mut self, walk: &mut Walk<'_, '_, 'a>, node: usize, g: &Buffer) -> Result<()> {
        self.rearranged_backward(walk, node, *g)
    }

    fn settle(&mut self, walk: &mut Walk<'_, '_, 'a>) -> Result<()> {
        self.flush()?;
        self.show_notes(walk)
    }

    fn end_backward(&mut self, walk: &mut Walk<'_, '_, 'a>) -> Result<()> {
        let gradients = match self.by_parameter {
            Some(buffer) if walk.audience.seen.weight_gradients => {
                Some(self.download(buffer, self.starts[self.starts.len() - 1])?)
            }
            _ => None,
        };
        let (arrived, starts) = (&self.arrived, &self.starts);
        walk.show_weights(&|place| {
            let gradients = gradients.as_ref().filter(|_| arrived[place])?;
            Some(gradients.values().slice(starts[place]..starts[place + 1]))
        });
        Ok(())
    }

    fn see<const N: usize>(
        &mut self,
        task: &Task<'_>,
        buffers: [(&Buffer, usize); N],
        show: impl FnOnce([View<'_>; N]),
    ) -> Result<()> {
        let mut numbers = Vec::with_capacity(N);
        for (buffer, node) in buffers {
            numbers.push(self.download(*buffer, len(task, node))?);
        }
        show(std::array::from_fn(|i| View::contiguous(numbers[i].values(), task.images(), task.shape(buffers[i].1))));
        Ok(())
    }

    fn give(&mut self, buffer: Buffer) {
        self.memory.give(buffer);
    }

    fn give_norm(&mut self, norm: Buffer) {
        self.memory.give(norm);
    }

    fn own_time(&mut self, elapsed: Duration) -> Duration {
        let (waited, ran) = (std::mem::take(&mut self.waited), std::mem::take(&mut self.ran));
        elapsed.saturating_sub(waited) + ran
    }
}

//! The CPU implementation of a walk's steps.

use super::super::lanes::Float;
use super::super::plane::Plane;
use super::conv_backward::Owned;
use super::distribute::Through;
use super::tangent::Tangents;
use super::{Cpu, Walk, images, layout, signs};
use crate::Result;
use crate::engine::walk::plan::{Kind, Source, Term};
use crate::engine::walk::{Backend, Convolution, Task};
use crate::engine::{Signs, View, Watch};
use crate::network::{Activation, LayerId};
use std::time::Duration;

impl<'m, F: Float> Backend for Cpu<'m, F> {
    type Buffer = Plane<F>;
    type NormBackward = Through<F>;

    const FUSES_BACKWARD: bool = true;

    fn images(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize) -> Result<Plane<F>> {
        let layout = layout(&walk.task, Source { node, activated: false });
        Ok(self.memory.load_images(&walk.task, layout))
    }

    fn convolve(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize, conv: Convolution) -> Result<Plane<F>> {
        Ok(self.conv_forward(walk, node, conv))
    }

    fn normalise(&mut self, walk: &mut Walk<'_, '_, 'm, F>, source: Source, layer: LayerId) -> Result<()> {
        self.ready_norm(walk, source, layer);
        Ok(())
    }

    fn combine(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        node: usize,
        terms: &[Term],
    ) -> Result<[Option<Plane<F>>; 2]> {
        Ok(self.combine_forward(walk, node, terms))
    }

    fn rearrange(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize) -> Result<Plane<F>> {
        let plane = self.memory.rearranged(&walk.task, node, &walk.values);
        Ok(plane.expect("what a node reads lives until it has run"))
    }

    fn beside_forward(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize) -> Result<()> {
        self.tangent_forward(walk, node);
        Ok(())
    }

    fn logits(&mut self, walk: &mut Walk<'_, '_, 'm, F>) -> Result<Vec<f64>> {
        Ok(images::logits(&walk.task, walk.values.get(walk.task.plan.output)))
    }

    fn begin_backward(&mut self, walk: &mut Walk<'_, '_, 'm, F>, seen: Watch, logits: &[f64]) -> Result<()> {
        self.seed_tangent(walk, seen, logits);
        Ok(())
    }

    fn by_logits(&mut self, walk: &mut Walk<'_, '_, 'm, F>, by_logits: Vec<f64>, _logits: &[f64]) -> Result<Plane<F>> {
        Ok(self.logit_plane(&walk.task, &walk.values, &by_logits))
    }

    fn signs(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        node: usize,
        signs: &Signs,
        buffer: Option<Plane<F>>,
    ) -> Result<Plane<F>> {
        let layout = self.memory.gradient_layout(&walk.task, node);
        let mut plane = buffer.unwrap_or_else(|| self.memory.buffers.take(layout));
        signs::write(signs, &mut plane);
        Ok(plane)
    }

    fn beside_backward(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize, g: &Plane<F>) -> Result<()> {
        self.tangent_backward(walk, node, g);
        Ok(())
    }

    fn convolve_backward(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize, g: &Plane<F>) -> Result<()> {
        let step = self.conv_backward(walk, node, None);
        self.convs_backward(walk, step.into_iter().collect(), g);
        Ok(())
    }

    fn activation_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        node: usize,
        activation: Activation,
        by_activation: &Plane<F>,
        g: Option<Plane<F>>,
    ) -> Result<Plane<F>> {
        Ok(self.through_activation(walk, node, activation, by_activation, g))
    }

    fn masked(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize, g: &Plane<F>) -> Result<Plane<F>> {
        Ok(self.mask(&walk.values, node, g))
    }

    fn norm_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        source: Source,
        layer: LayerId,
        g: &Plane<F>,
    ) -> Result<Through<F>> {
        Ok(self.norm_step(walk, source, layer, g))
    }

    fn combination_backward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        convs: Vec<(usize, Option<Through<F>>)>,
        g: &Plane<F>,
    ) -> Result<()> {
        let mut steps = Vec::with_capacity(convs.len());
        for (node, through) in convs {
            // The convolution's output is needed once more, chunk by chunk, just before the same chunk of the input gradient is
            // stored. If no other backward pass follows, both can share a plane, which saves memory and memory traffic.
            let output = if walk.last { walk.values.take(Source { node, activated: false }) } else { None };
            steps.extend(self.conv_backward(walk, node, Some(Owned { through, output })));
        }
        self.convs_backward(walk, steps, g);
        Ok(())
    }

    fn spread(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        source: Source,
        norm: Option<&Through<F>>,
        g: &Plane<F>,
    ) -> Result<()> {
        self.memory.add_to(&walk.task, &walk.values, &mut walk.gradients, (source, norm), g);
        Ok(())
    }

    fn suits(&self, walk: &Walk<'_, '_, 'm, F>, g: &Plane<F>, node: usize) -> bool {
        g.layout() == self.memory.gradient_layout(&walk.task, node)
    }

    fn rearrange_backward(&mut self, walk: &mut Walk<'_, '_, 'm, F>, node: usize, g: &Plane<F>) -> Result<()> {
        match walk.task.plan.nodes[node].kind {
            Kind::LayerNorm(layer, input) => self.channel_norm_backward(walk, (layer, input), g),
            _ => self.memory.rearranged_backward(&walk.task, node, &walk.values, g, &mut walk.gradients),
        }
        Ok(())
    }

    fn settle(&mut self, _walk: &mut Walk<'_, '_, 'm, F>) -> Result<()> {
        Ok(())
    }

    fn end_backward(&mut self, walk: &mut Walk<'_, '_, 'm, F>) -> Result<()> {
        self.show_curvature(walk);
        let gradients: Vec<_> = self.by_parameter.iter_mut().map(Option::take).collect();
        walk.show_weights(&|place| gradients[place].as_ref().map(|plane| F::values(plane.all())));
        gradients.into_iter().flatten().for_each(|plane| self.give(plane));
        Ok(())
    }

    fn see<const N: usize>(
        &mut self,
        task: &Task<'_>,
        buffers: [(&Plane<F>, usize); N],
        show: impl FnOnce([View<'_>; N]),
    ) -> Result<()> {
        show(buffers.map(|(plane, node)| plane.view(task.shape(node))));
        Ok(())
    }

    fn give(&mut self, buffer: Plane<F>) {
        self.memory.buffers.give(buffer);
    }

    fn give_norm(&mut self, _norm: Through<F>) {}

    fn release_beside(&mut self, source: Source) {
        let tangent = self.tangents.as_mut().and_then(|tangents| tangents.take(source));
        tangent.into_iter().for_each(|plane| self.give(plane));
    }

    fn own_time(&mut self, elapsed: Duration) -> Duration {
        let moving = self.tangent_time() - self.spared;
        self.spared += moving;
        elapsed.saturating_sub(moving)
    }

    fn finish(&mut self) -> Duration {
        let spent = self.tangent_time();
        let planes: Vec<_> = self.tangents.take().into_iter().flat_map(Tangents::into_planes).collect();
        planes.into_iter().for_each(|plane| self.give(plane));
        spent
    }
}

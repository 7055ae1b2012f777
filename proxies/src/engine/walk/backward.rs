//! The backward pass, node by node in reverse.

use super::plan::{Kind, Source, Term};
use super::{Backend, Walk};
use crate::Result;
use crate::engine::signs::boundaries_at;
use crate::engine::{Objective, Signs};
use crate::network::Activation;

impl<B: Backend> Walk<'_, '_, B> {
    /// Runs all nodes in reverse, starting from the gradient with respect to the logits.
    pub(super) fn backward(&mut self, backend: &mut B, by_logits: Vec<f64>, logits: &[f64]) -> Result<()> {
        if self.audience.seen.objective != Objective::Signs {
            let g = backend.by_logits(self, by_logits, logits)?;
            let slot = self.task.slot(self.task.plan.output);
            self.gradients[slot] = Some(g);
        }
        for i in (0..self.task.plan.nodes.len()).rev() {
            for source in self.task.uses[i].restored.clone() {
                self.restore(backend, source)?;
            }
            let g = self.collected(backend, i)?;
            if let Some(g) = self.turn_at_boundary(backend, i, g)? {
                self.show_gradient(backend, i, &g)?;
                backend.beside_backward(self, i, &g)?;
                self.node_backward(backend, i, g)?;
            }
            if self.last || self.task.uses[i].again {
                Source::both(i).into_iter().for_each(|source| self.release(backend, source));
            }
        }
        backend.settle(self)
    }

    /// The gradient collected for node `i`'s value, including that of its activation, taken through the activation.
    fn collected(&mut self, backend: &mut B, i: usize) -> Result<Option<B::Buffer>> {
        let g = self.gradients[i].take();
        let nodes = self.task.plan.nodes.len();
        match (self.gradients[nodes + i].take(), self.task.plan.nodes[i].activation) {
            (Some(by_activation), Some(activation)) => {
                let through = backend.activation_backward(self, i, activation, &by_activation, g)?;
                backend.give(by_activation);
                Ok(Some(through))
            }
            _ => Ok(g),
        }
    }

    fn node_backward(&mut self, backend: &mut B, i: usize, g: B::Buffer) -> Result<()> {
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => {}
            Kind::Conv { .. } => backend.convolve_backward(self, i, &g)?,
            Kind::Combine(terms) => return self.combine_backward(backend, i, &terms, g),
            _ => backend.rearrange_backward(self, i, &g)?,
        }
        backend.give(g);
        Ok(())
    }

    /// Passes a combination's gradient on to its terms. Convolutions that only this combination reads run their backward steps with
    /// it, if the device fuses them. The last of the other terms may take over the gradient's buffer.
    fn combine_backward(&mut self, backend: &mut B, i: usize, terms: &[Term], mut g: B::Buffer) -> Result<()> {
        if let Some(activation) = self.task.unmasked(i) {
            let masked = match activation {
                Activation::Relu => backend.masked(self, i, &g)?,
                _ => backend.activation_backward(self, i, activation, &g, None)?,
            };
            backend.give(std::mem::replace(&mut g, masked));
        }
        let (mut convs, mut others) = (Vec::new(), Vec::new());
        for &Term { source, norm } in terms.iter().rev() {
            let norm = match norm {
                Some(layer) => Some(backend.norm_backward(self, source, layer, &g)?),
                None => None,
            };
            if !self.reached(source.node) {
                norm.into_iter().for_each(|norm| backend.give_norm(norm));
            } else if B::FUSES_BACKWARD && self.task.uses[source.node].owner == Some(i) {
                convs.push((source.node, norm));
            } else {
                others.push((source, norm));
            }
        }
        backend.combination_backward(self, convs, &g)?;
        let last = others.len().saturating_sub(1);
        for (place, (source, norm)) in others.into_iter().enumerate() {
            let plain = norm.is_none() && !self.task.gates(source);
            let slot = self.task.slot(source);
            let free = self.gradients[slot].is_none();
            if plain && free && place == last && backend.suits(self, &g, source.node) {
                self.gradients[slot] = Some(g);
                return Ok(());
            }
            backend.spread(self, source, norm.as_ref(), &g)?;
            norm.into_iter().for_each(|norm| backend.give_norm(norm));
        }
        backend.give(g);
        Ok(())
    }

    /// The gradient that continues backward from node `i`'s value, where `g` has arrived. Only [`Objective::Signs`] changes it.
    fn turn_at_boundary(&mut self, backend: &mut B, i: usize, mut g: Option<B::Buffer>) -> Result<Option<B::Buffer>> {
        if self.audience.seen.objective != Objective::Signs {
            return Ok(g);
        }
        for boundary in boundaries_at(&self.task.plan.boundaries, i).into_iter().rev() {
            if boundary + 1 < self.task.plan.boundaries.len() {
                self.show_boundary_gradient(backend, boundary, i, g.as_ref())?;
            }
            if boundary == 0 {
                g.into_iter().for_each(|g| backend.give(g));
                return Ok(None);
            }
            let signs = Signs::new(boundary, self.task.shape(i));
            g = Some(backend.signs(self, i, &signs, g)?);
        }
        Ok(g)
    }
}

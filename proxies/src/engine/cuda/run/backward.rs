//! The backward pass, node by node in reverse.

use super::super::arguments::Spread;
use super::super::pool::Buffer;
use super::super::source::Kernel;
use super::Run;
use super::forward::PER_BLOCK;
use crate::Result;
use crate::engine::plan::{Kind, Source, Term};
use crate::engine::signs::boundaries_at;
use crate::engine::values::Numbers;
use crate::engine::{Objective, Signs};

impl Run<'_, '_> {
    /// Runs all nodes in reverse from the gradient by the logits.
    pub(super) fn backward(&mut self, by_logits: Vec<f64>, logits: &[f64]) -> Result<()> {
        self.arrived.fill(false);
        if self.audience.seen.objective != Objective::Signs {
            self.seed(by_logits, logits)?;
        }
        for i in (0..self.task.plan.nodes.len()).rev() {
            let g = self.gradients[i].take();
            if let Some(g) = self.turn_at_boundary(i, g)? {
                self.show_gradient(i, g)?;
                self.node_backward(i, g)?;
            }
            if self.last {
                [false, true].into_iter().for_each(|rectified| self.release(Source { node: i, rectified }));
            }
        }
        self.flush()?;
        self.show_notes()
    }

    /// The gradient by the logits.
    fn seed(&mut self, mut by_logits: Vec<f64>, logits: &[f64]) -> Result<()> {
        let output = self.task.plan.output;
        if output.rectified && self.task.plan.fused {
            let off = by_logits.iter_mut().zip(logits).filter(|(_, logit)| **logit <= 0.0);
            off.for_each(|(g, _)| *g = 0.0);
        }
        let numbers = Numbers::rounded(self.task.pass.precision, by_logits.into_iter());
        self.gradients[output.node] = Some(self.memory.upload(&numbers)?);
        Ok(())
    }

    fn node_backward(&mut self, i: usize, g: Buffer) -> Result<()> {
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => {}
            Kind::Conv { .. } => self.conv_backward(i, g)?,
            Kind::Combine(terms) => return self.combine_backward(i, &terms, g),
            _ => self.linear_backward(i, g)?,
        }
        self.memory.give(g);
        Ok(())
    }

    /// Hands a sum's gradient on to its terms; the last of them may take the buffer itself.
    fn combine_backward(&mut self, i: usize, terms: &[Term], g: Buffer) -> Result<()> {
        // Where ReLUs are nodes by themselves, their gradient comes in unmasked.
        let own = Source { node: i, rectified: true };
        let masked = !self.task.plan.fused && !self.task.plan.nodes[i].relus.is_empty();
        for (place, term) in terms.iter().enumerate().rev() {
            let factors = match term.norm {
                Some(layer) => Some(self.norm_backward(term.source, layer, g)?),
                None => None,
            };
            let node = term.source.node;
            if self.reached(node) {
                let gate = if masked { self.value(own).address } else { self.gate(term.source) };
                if place == 0 && gate == 0 && factors.is_none() && self.gradients[node].is_none() {
                    self.gradients[node] = Some(g);
                    return Ok(());
                }
                self.spread(g, term.source, factors, gate)?;
            }
            factors.into_iter().for_each(|factors| self.memory.give(factors));
        }
        self.memory.give(g);
        Ok(())
    }

    fn spread(&mut self, g: Buffer, source: Source, factors: Option<Buffer>, gate: u64) -> Result<()> {
        let (shape, length) = (self.task.shape(source.node), self.task.len(source.node));
        let (to, add) = self.gradient_of(source.node)?;
        let arguments = Spread {
            g: g.address,
            x: factors.map_or(0, |_| self.value(source).address),
            factors: factors.map_or(0, |factors| factors.address),
            gate,
            to: to.address,
            channels: shape.channels as i32,
            area: shape.area() as i32,
            length: length as i32,
            add: add.into(),
        };
        self.launch(Kernel::Spread, [length.div_ceil(PER_BLOCK), 1], &arguments);
        Ok(())
    }

    /// Where the gradient by a node's value goes, and whether it is added to what is there.
    pub(super) fn gradient_of(&mut self, node: usize) -> Result<(Buffer, bool)> {
        if let Some(buffer) = self.gradients[node] {
            return Ok((buffer, true));
        }
        let buffer = self.numbers(self.task.len(node))?;
        self.gradients[node] = Some(buffer);
        Ok((buffer, false))
    }

    /// The value behind whose ReLU a gradient by `source` is masked, 0 if it is not.
    pub(super) fn gate(&self, source: Source) -> u64 {
        if source.rectified && self.task.plan.fused { self.value(source).address } else { 0 }
    }

    /// What goes on backward from node `i`'s value under [`Objective::Signs`], `g` having come in there.
    fn turn_at_boundary(&mut self, i: usize, mut g: Option<Buffer>) -> Result<Option<Buffer>> {
        if self.audience.seen.objective != Objective::Signs {
            return Ok(g);
        }
        let (shape, len) = (self.task.shape(i), self.task.len(i));
        for boundary in boundaries_at(&self.task.plan.boundaries, i).into_iter().rev() {
            if boundary + 1 < self.task.plan.boundaries.len() {
                let gradient = match g {
                    Some(g) => self.download(g, len)?,
                    None => Numbers::zeros(self.task.pass.precision, len),
                };
                self.show_boundary_gradient(boundary, i, &gradient);
            }
            g.take().into_iter().for_each(|g| self.memory.give(g));
            if boundary == 0 {
                return Ok(None);
            }
            let signs = Signs::new(boundary, shape);
            let by_plane = (0..self.task.images()).flat_map(|n| {
                let pixels: Vec<f32> = signs.image(n).collect();
                let place = move |i: usize| i % shape.area() * shape.channels + i / shape.area();
                (0..shape.len()).map(move |i| f64::from(pixels[place(i)]))
            });
            let signs = Numbers::rounded(self.task.pass.precision, by_plane);
            g = Some(self.memory.upload(&signs)?);
        }
        Ok(g)
    }
}

//! The forward pass, node by node.

use super::plan::{Kind, Source};
use super::{Backend, Walk};
use crate::Result;

impl<B: Backend> Walk<'_, '_, B> {
    /// Runs all nodes that are needed, and returns the logits, row-major.
    pub(super) fn forward(&mut self, backend: &mut B) -> Result<Vec<f64>> {
        for i in 0..self.task.plan.nodes.len() {
            if !self.task.uses[i].needed {
                continue;
            }
            self.show_features(backend, i)?;
            self.node_forward(backend, i)?;
            backend.beside_forward(self, i)?;
            self.show_output(backend, i)?;
            self.show_boundary(backend, i)?;
            for source in self.task.plan.nodes[i].kind.sources().into_iter().chain(Source::both(i)) {
                if self.task.uses[source.node].is_over(source, i) {
                    self.release(backend, source);
                }
            }
        }
        let logits = backend.logits(self)?;
        backend.settle(self)?;
        Ok(logits)
    }

    fn node_forward(&mut self, backend: &mut B, i: usize) -> Result<()> {
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => self.values.raw[i] = Some(backend.images(self, i)?),
            Kind::Combine(terms) => {
                for (source, norm) in terms.iter().filter_map(|term| Some((term.source, term.norm?))) {
                    if !self.again {
                        backend.normalise(self, source, norm)?;
                    }
                }
                let [raw, activated] = backend.combine(self, i, &terms)?;
                self.values.raw[i] = raw;
                self.values.activated[i] = activated;
            }
            _ => {
                let value = match self.task.convolution(i) {
                    Some(conv) => backend.convolve(self, i, conv)?,
                    None => backend.rearrange(self, i)?,
                };
                self.values.raw[i] = Some(value);
            }
        }
        Ok(())
    }

    /// Recomputes a value that the backward pass needs and the forward pass did not keep.
    pub(super) fn restore(&mut self, backend: &mut B, source: Source) -> Result<()> {
        let used = &self.task.uses[source.node];
        if !used.again || !used.of(source).wanted || self.values.find(source).is_some() {
            return Ok(());
        }
        for needed in self.task.plan.nodes[source.node].kind.sources() {
            self.restore(backend, needed)?;
        }
        self.again = true;
        let computed = self.node_forward(backend, source.node);
        self.again = false;
        computed?;
        for value in Source::both(source.node) {
            if !self.task.uses[value.node].of(value).wanted {
                self.release(backend, value);
            }
        }
        Ok(())
    }

    /// Releases a value that nothing needs any more.
    pub(super) fn release(&mut self, backend: &mut B, source: Source) {
        backend.release_beside(source);
        self.values.take(source).into_iter().for_each(|buffer| backend.give(buffer));
    }
}

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
            let node = [false, true].map(|activated| Source { node: i, activated });
            for source in self.task.plan.nodes[i].kind.sources().into_iter().chain(node) {
                let used = self.task.uses[source.node].of(source);
                if !used.kept && used.last <= i {
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
                    backend.normalise(self, source, norm)?;
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

    /// Releases a value that nothing needs any more.
    pub(super) fn release(&mut self, backend: &mut B, source: Source) {
        backend.release_beside(source);
        self.values.take(source).into_iter().for_each(|buffer| backend.give(buffer));
    }
}

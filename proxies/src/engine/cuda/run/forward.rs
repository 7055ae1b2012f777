//! The forward pass, node by node.

use super::super::arguments::Combine;
use super::super::source::{BLOCK, Kernel};
use super::Run;
use super::show::Note;
use crate::Result;
use crate::engine::plan::{Kind, Source, Term};
use crate::engine::values::Numbers;
use crate::network::LayerId;

/// Values that a block of an element-wise kernel takes.
pub(super) const PER_BLOCK: usize = 4 * BLOCK as usize;

impl Run<'_, '_> {
    /// Runs all nodes that are needed; the logits, row-major.
    pub(super) fn forward(&mut self) -> Result<Vec<f64>> {
        for i in 0..self.task.plan.nodes.len() {
            if !self.task.uses[i].needed {
                continue;
            }
            self.show_features(i)?;
            self.node_forward(i)?;
            self.show_output(i)?;
            self.show_boundary(i)?;
            let node = [false, true].map(|rectified| Source { node: i, rectified });
            for source in self.task.plan.nodes[i].kind.sources().into_iter().chain(node) {
                let used = self.task.uses[source.node].of(source);
                if !used.kept && used.last <= i {
                    self.release(source);
                }
            }
        }
        let output = self.task.plan.output;
        let logits = self.download(self.value(output), self.task.len(output.node))?.to_f64();
        self.show_notes()?;
        Ok(logits)
    }

    fn node_forward(&mut self, i: usize) -> Result<()> {
        match self.task.plan.nodes[i].kind.clone() {
            Kind::Images => {
                let pixels = self.task.pass.batch.images().iter().copied();
                let images = Numbers::rounded(self.task.pass.precision, pixels);
                self.raw[i] = Some(self.memory.upload(&images)?);
            }
            Kind::Conv { conv, input, layer, bias } => self.conv_forward(i, conv, input, layer, bias)?,
            Kind::Combine(terms) => self.combine_forward(i, &terms)?,
            _ => self.linear_forward(i)?,
        }
        Ok(())
    }

    fn combine_forward(&mut self, i: usize, terms: &[Term]) -> Result<()> {
        let shape = self.task.shape(i);
        let mut arguments =
            Combine { channels: shape.channels as i32, area: shape.area() as i32, ..Combine::default() };
        for (place, term) in terms.iter().enumerate() {
            let factors = match term.norm {
                Some(layer) => self.normalise(term.source, layer)?,
                None => 0,
            };
            let Combine { x0, x1, x2, x3, factors0, factors1, factors2, factors3, .. } = &mut arguments;
            let (x, of_term) = match place {
                0 => (x0, factors0),
                1 => (x1, factors1),
                2 => (x2, factors2),
                _ => (x3, factors3),
            };
            (*x, *of_term) = (self.value(term.source).address, factors);
        }
        for rectified in [false, true] {
            if self.task.uses[i].of(Source { node: i, rectified }).read {
                let buffer = self.numbers(self.task.len(i))?;
                let (to, value) = match rectified {
                    false => (&mut arguments.raw, &mut self.raw[i]),
                    true => (&mut arguments.rectified, &mut self.rectified[i]),
                };
                (*to, *value) = (buffer.address, Some(buffer));
            }
        }
        let relus: Vec<LayerId> = self.task.plan.nodes[i].relus.clone();
        let seen = self.audience.seen;
        let coded = !relus.is_empty() && (seen.relu_codes || seen.relu_distances);
        let words = 2 * shape.len().div_ceil(64);
        let codes = if coded { Some(self.memory.take(self.task.images() * words * 4)?) } else { None };
        arguments.words = words as i32;
        arguments.codes = codes.map_or(0, |codes| codes.address);
        let grid = [shape.len().div_ceil(PER_BLOCK), self.task.images()];
        if arguments.raw != 0 || arguments.rectified != 0 || coded {
            self.launch(Kernel::Combine, grid, &arguments);
        }
        if let Some(codes) = codes {
            self.note_codes(i, codes, words)?;
        }
        Ok(())
    }

    /// Notes what is to be shown of a node's codes.
    fn note_codes(&mut self, node: usize, codes: super::Buffer, words: usize) -> Result<()> {
        if self.audience.seen.relu_distances {
            let distances = self.distances(codes, words)?;
            self.notes.push(Note::Distances { node, distances });
        }
        if self.audience.seen.relu_codes {
            self.notes.push(Note::Codes { node, codes });
        } else {
            self.memory.give(codes);
        }
        Ok(())
    }
}

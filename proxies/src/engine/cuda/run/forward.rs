//! Combinations, forward.

use super::super::arguments::Combine;
use super::super::pool::Buffer;
use super::super::source::{BLOCK, Kernel, number};
use super::notes::Note;
use super::{Gpu, Walk, len, value};
use crate::Result;
use crate::engine::walk::plan::{Source, Term};

/// Values that a block of an element-wise kernel processes.
pub(super) const PER_BLOCK: usize = 4 * BLOCK as usize;

impl<'a> Gpu<'a> {
    pub(super) fn combine_forward(
        &mut self,
        walk: &mut Walk<'_, '_, 'a>,
        i: usize,
        terms: &[Term],
    ) -> Result<[Option<Buffer>; 2]> {
        let shape = walk.task.shape(i);
        let mut arguments =
            Combine { channels: shape.channels as i32, area: shape.area() as i32, ..Combine::default() };
        for (place, term) in terms.iter().enumerate() {
            let norm = term.norm.and_then(|layer| self.norms[layer.index()]);
            let factors = norm.map_or(0, |norm| norm.factors.address);
            let Combine { x0, x1, x2, x3, factors0, factors1, factors2, factors3, .. } = &mut arguments;
            let (x, of_term) = match place {
                0 => (x0, factors0),
                1 => (x1, factors1),
                2 => (x2, factors2),
                _ => (x3, factors3),
            };
            (*x, *of_term) = (value(walk, term.source), factors);
        }
        if let Some(activation) = walk.task.plan.nodes[i].activation {
            (arguments.activation, arguments.slope) = number(activation);
        }
        let mut values = [None, None];
        for (activated, value) in [false, true].into_iter().zip(&mut values) {
            if walk.task.uses[i].of(Source { node: i, activated }).read {
                let buffer = self.numbers(len(&walk.task, i))?;
                let to = if activated { &mut arguments.activated } else { &mut arguments.raw };
                (*to, *value) = (buffer.address, Some(buffer));
            }
        }
        let coded = !walk.again && walk.audience.seen.sees_codes() && !walk.task.plan.nodes[i].coded.is_empty();
        let words = 2 * shape.len().div_ceil(64);
        let codes = if coded { Some(self.memory.take(walk.task.images() * words * 4)?) } else { None };
        arguments.words = words as i32;
        arguments.codes = codes.map_or(0, |codes| codes.address);
        let grid = [shape.len().div_ceil(PER_BLOCK), walk.task.images()];
        if arguments.raw != 0 || arguments.activated != 0 || coded {
            self.launch(Kernel::Combine, grid, &arguments);
        }
        if let Some(codes) = codes {
            self.note_codes(walk, i, codes, words)?;
        }
        Ok(values)
    }

    /// Notes what is to be shown of a node's codes.
    fn note_codes(&mut self, walk: &Walk<'_, '_, 'a>, node: usize, codes: Buffer, words: usize) -> Result<()> {
        if walk.audience.seen.relu_distances {
            let distances = self.distances(walk.task.images(), codes, words)?;
            self.notes.push(Note::Distances { node, distances });
        }
        if walk.audience.seen.relu_codes {
            self.notes.push(Note::Codes { node, codes });
        } else {
            self.memory.give(codes);
        }
        Ok(())
    }
}

//! Combinations of a run, forward: normalise, add up, rectify, code.

use super::super::combine::{Blend, CodeWriter, Reduce, Scaled};
use super::super::lanes::Float;
use super::super::layout::{Plane, Steps, padded};
use super::super::plan::{Source, Term};
use super::norm::{Moments, Norm, Partial};
use super::{Run, chunks};
use crate::engine::BitMatrix;
use crate::network::LayerId;

/// One image of a plane, to be written, and where its pixels lie.
fn target<F: Float>(plane: &mut Option<Plane<F>>, n: usize) -> Option<(&mut [F], Steps)> {
    let plane = plane.as_mut()?;
    let steps = plane.layout().steps();
    Some((plane.image_mut(n), steps))
}

/// Sums of g and of g * x over the batch, for each channel.
pub(super) fn products<F: Float>(g: &Plane<F>, x: &Plane<F>) -> Moments {
    let layout = g.layout();
    let mut moments = Moments::zeros(layout.channels);
    let mut partial = Partial::zeros(layout.channels);
    for images in chunks(layout) {
        for n in images {
            Reduce {
                rows: layout.height,
                columns: layout.width,
                channels: layout.channels,
                g: (g.image(n), layout.steps()),
                x: (x.image(n), x.layout().steps()),
                sum: &mut partial.sum,
                products: &mut partial.products,
            }
            .run();
        }
        moments.add(&mut partial);
    }
    moments
}

impl<F: Float> Run<'_, '_, F> {
    pub(super) fn combine_forward(&mut self, i: usize, terms: &[Term]) {
        let shape = self.task.plan.nodes[i].shape;
        let channels = padded(shape.channels);
        let mut shift = vec![0.0; channels];
        for (source, norm) in terms.iter().filter_map(|term| Some((term.source, term.norm?))) {
            self.normalise(source, norm);
            let norm = self.norms[norm.index()].iter();
            shift.iter_mut().zip(norm.flat_map(|norm| &norm.shift)).for_each(|(total, shift)| *total += shift);
        }
        let shift: Vec<F> = shift.into_iter().map(F::from_f64).collect();
        let ones = vec![F::from_f64(1.0); channels];
        let [mut raw, mut rectified] = [false, true].map(|rectified| {
            let source = Source { node: i, rectified };
            let read = self.task.uses[i].of(source).read;
            read.then(|| self.memory.buffers.take(self.task.layout(source)))
        });
        let coded = self.task.pass.watch.relu_codes && !self.task.plan.nodes[i].relus.is_empty();
        let stride = if coded { shape.len().div_ceil(64) } else { 0 };
        let mut words = std::mem::take(&mut self.memory.codes);
        words.resize(self.images() * stride, 0);
        for n in 0..self.images() {
            let scaled = |term: &Term| {
                let plane = self.values.get(term.source);
                let norm = term.norm.and_then(|norm| self.norms[norm.index()].as_ref());
                let scale = norm.map_or(ones.as_slice(), |norm| &norm.scale);
                Scaled { x: plane.image(n), steps: plane.layout().steps(), scale }
            };
            let mut codes = CodeWriter::new(&mut words[n * stride..(n + 1) * stride]);
            Blend {
                rows: shape.height,
                columns: shape.width,
                channels,
                coded: shape.channels,
                terms: &terms.iter().map(scaled).collect::<Vec<_>>(),
                shift: &shift,
                raw: target(&mut raw, n),
                rectified: target(&mut rectified, n),
                codes: coded.then_some(&mut codes),
            }
            .run();
            codes.finish();
        }
        if coded {
            let codes = BitMatrix::from_words(self.images(), shape.len(), words);
            for &relu in &self.task.plan.nodes[i].relus {
                self.observers.iter_mut().for_each(|to| to.relu_codes(relu, &codes));
            }
            words = codes.into_words();
        }
        self.memory.codes = words;
        self.values.raw[i] = raw;
        self.values.rectified[i] = rectified;
    }

    /// Computes a batch norm's statistics, from the sums that a convolution left or by a pass of their own.
    fn normalise(&mut self, source: Source, id: LayerId) {
        let plane = self.values.get(source);
        let layout = plane.layout();
        let moments = match &self.moments[source.node] {
            Some(moments) if !source.rectified => moments.clone(),
            _ => products(plane, plane),
        };
        let (scale, shift) = (self.task.parameter(id, 0).1, self.task.parameter(id, 1).1);
        let count = layout.images * layout.height * layout.width;
        self.norms[id.index()] = Some(Norm::new(&moments, count, scale, shift));
    }
}

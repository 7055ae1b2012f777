//! Combinations of a run, forward: normalise, add up, rectify, code.

use super::super::combine::{Blend, CodeWriter, Reduce, Scaled};
use super::super::lanes::Float;
use super::super::layout::{Plane, Steps, padded};
use super::super::plan::{Source, Term};
use super::cuts::{chunks, images_mut};
use super::norm::{Moments, Norm, Statistics};
use super::parallel::each;
use super::{Memory, Run, Task};
use crate::engine::{BitMatrix, Normalisation};
use crate::network::LayerId;

/// The images of a plane, to be written, each with where its pixels lie; `None` without end if there is no plane.
pub(super) fn targets<'a, F: Float>(plane: &'a mut Option<Plane<F>>) -> impl FnMut() -> Option<(&'a mut [F], Steps)> {
    let mut images = plane.as_mut().map(|plane| (plane.layout().steps(), images_mut(plane)));
    move || {
        let (steps, images) = images.as_mut()?;
        Some((images.next()?, *steps))
    }
}

pub(super) fn scaled<'a, F: Float>(plane: &'a Plane<F>, n: usize, scale: &'a [F]) -> Scaled<'a, F> {
    Scaled { x: plane.image(n), steps: plane.layout().steps(), scale }
}

/// Sums of g and of g * x over the batch, for each channel.
pub(super) fn products<F: Float>(threads: &mut [()], g: &Plane<F>, x: &Plane<F>) -> Moments {
    let layout = g.layout();
    let cuts = || chunks(layout, 0..layout.images);
    let mut sums = vec![F::default(); 2 * layout.channels * cuts().count()];
    let pieces = cuts().zip(sums.chunks_exact_mut(2 * layout.channels));
    each(threads, pieces, |(), (images, sums)| {
        let (sum, products) = sums.split_at_mut(layout.channels);
        for n in images {
            Reduce {
                rows: layout.height,
                columns: layout.width,
                channels: layout.channels,
                g: (g.image(n), layout.steps()),
                x: (x.image(n), x.layout().steps()),
                sum,
                products,
            }
            .run();
        }
    });
    Moments::of(&sums, layout.channels)
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
        let [mut raw, mut rectified] = self.memory.value_planes(&self.task, i);
        let coded = self.audience.seen.sees_codes() && !self.task.plan.nodes[i].relus.is_empty();
        let stride = if coded { shape.len().div_ceil(64) } else { 0 };
        let mut words = std::mem::take(&mut self.memory.codes);
        words.resize(self.images() * stride, 0);
        let terms: Vec<(&Plane<F>, &[F])> = (terms.iter())
            .map(|term| {
                let norm = term.norm.and_then(|norm| self.norms[norm.index()].as_ref());
                (self.values.get(term.source), norm.map_or(ones.as_slice(), |norm| &norm.scale))
            })
            .collect();
        let (mut raws, mut rectifieds) = (targets(&mut raw), targets(&mut rectified));
        let mut rows = words.chunks_exact_mut(stride.max(1));
        let pieces = (0..self.images()).map(move |n| (n, raws(), rectifieds(), rows.next()));
        each(&mut self.threads(), pieces, |(), (n, raw, rectified, row)| {
            let mut codes = row.map(CodeWriter::new);
            Blend {
                rows: shape.height,
                columns: shape.width,
                channels,
                coded: shape.channels,
                terms: &terms.iter().map(|(plane, scale)| scaled(plane, n, scale)).collect::<Vec<_>>(),
                shift: &shift,
                raw,
                rectified,
                gate: None,
                codes: codes.as_mut(),
            }
            .run();
            codes.into_iter().for_each(CodeWriter::finish);
        });
        if coded {
            let codes = BitMatrix::from_words(self.images(), shape.len(), words);
            self.audience.show_codes(&self.task.plan.nodes[i].relus, &codes);
            words = codes.into_words();
        }
        self.memory.codes = words;
        self.values.raw[i] = raw;
        self.values.rectified[i] = rectified;
    }

    /// Readies a batch norm.
    fn normalise(&mut self, source: Source, id: LayerId) {
        let statistics = match self.task.pass.normalisation {
            Normalisation::Running(running) => {
                Statistics::given(running.of_layer(id).expect("running statistics suit the network"))
            }
            _ => self.measure(source, id),
        };
        let (scale, shift) = (self.task.parameter(id, 0).1, self.task.parameter(id, 1).1);
        self.norms[id.index()] = Some(Norm::new(statistics, scale, shift));
    }

    /// The statistics of a batch norm's input, from the sums that a convolution left or by a pass of their own.
    fn measure(&mut self, source: Source, id: LayerId) -> Statistics {
        let channels = self.task.net.layer(id).shape.channels;
        let plane = self.values.get(source);
        let layout = plane.layout();
        let count = layout.images * layout.height * layout.width;
        let statistics = match &self.moments[source.node] {
            Some(moments) if !source.rectified => Statistics::of(moments, channels, count),
            _ => Statistics::of(&products(&mut self.threads(), plane, plane), channels, count),
        };
        let Statistics { mean, variance, .. } = &statistics;
        self.audience.show(|watch| watch.batch_statistics, |to| to.batch_statistics(id, mean, variance, count));
        statistics
    }
}

impl<F: Float> Memory<F> {
    /// Planes for node `i`'s value and its rectified value, those that something reads.
    pub(super) fn value_planes(&mut self, task: &Task<'_>, i: usize) -> [Option<Plane<F>>; 2] {
        [false, true].map(|rectified| {
            let source = Source { node: i, rectified };
            task.uses[i].of(source).read.then(|| self.buffers.take(task.layout(source)))
        })
    }
}

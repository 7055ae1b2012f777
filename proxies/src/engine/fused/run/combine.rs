//! The forward step of combinations: normalise, add up, rectify, code.

use super::super::combine::{Activate, ActivateBackward, Blend, CodeWriter, Reduce, Scaled};
use super::super::lanes::Float;
use super::super::layout::{Steps, padded};
use super::super::plane::Plane;
use super::cuts::{chunks, images_mut};
use super::norm::{Moments, Norm, Statistics};
use super::parallel::each;
use super::{Cpu, Memory, Walk, layout};
use crate::engine::walk::Task;
use crate::engine::walk::plan::{Source, Term};
use crate::engine::{BitMatrix, Normalisation};
use crate::network::{Activation, LayerId};

/// Returns the images of a plane for writing, each with the location of its pixels; always `None` if there is no plane.
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

/// Borrows the same image again.
fn reborrow<'a, F>(image: &'a mut Option<(&mut [F], Steps)>) -> Option<(&'a mut [F], Steps)> {
    image.as_mut().map(|(numbers, steps)| (&mut **numbers, *steps))
}

impl<'m, F: Float> Cpu<'m, F> {
    pub(super) fn combine_forward(
        &mut self,
        walk: &mut Walk<'_, '_, 'm, F>,
        i: usize,
        terms: &[Term],
    ) -> [Option<Plane<F>>; 2] {
        let (shape, images) = (walk.task.shape(i), walk.task.images());
        let channels = padded(shape.channels);
        let mut shift = vec![0.0; channels];
        for norm in terms.iter().filter_map(|term| term.norm) {
            let norm = self.norms[norm.index()].iter();
            shift.iter_mut().zip(norm.flat_map(|norm| &norm.shift)).for_each(|(total, shift)| *total += shift);
        }
        let shift: Vec<F> = shift.into_iter().map(F::from_f64).collect();
        let ones = vec![F::from_f64(1.0); channels];
        let [mut raw, mut activated] = self.memory.value_planes(&walk.task, i);
        let shown = !walk.again && walk.audience.seen.sees_codes();
        let coded = shown && !walk.task.plan.nodes[i].coded.is_empty();
        let stride = if coded { shape.len().div_ceil(64) } else { 0 };
        let mut words = std::mem::take(&mut self.memory.codes);
        words.resize(images * stride, 0);
        let terms: Vec<(&Plane<F>, &[F])> = (terms.iter())
            .map(|term| {
                let norm = term.norm.and_then(|norm| self.norms[norm.index()].as_ref());
                (walk.values.get(term.source), norm.map_or(ones.as_slice(), |norm| &norm.scale))
            })
            .collect();
        let (mut raws, mut activateds) = (targets(&mut raw), targets(&mut activated));
        let mut rows = words.chunks_exact_mut(stride.max(1));
        let pieces = (0..images).map(move |n| (n, raws(), activateds(), rows.next()));
        let activation = walk.task.plan.nodes[i].activation;
        each(&mut self.threads(), pieces, |(), (n, mut raw, mut activated, row)| {
            let mut codes = row.map(CodeWriter::new);
            // Activations other than ReLU are applied while the image is in cache; if nothing else reads their input, in its place.
            let smooth = activation.filter(|activation| *activation != Activation::Relu);
            let apart = smooth.is_some() && raw.is_some();
            let mut waiting = if apart { activated.take() } else { None };
            if smooth.is_some() && !apart {
                std::mem::swap(&mut raw, &mut activated);
            }
            Blend {
                rows: shape.height,
                columns: shape.width,
                channels,
                coded: shape.channels,
                terms: &terms.iter().map(|(plane, scale)| scaled(plane, n, scale)).collect::<Vec<_>>(),
                shift: &shift,
                raw: reborrow(&mut raw),
                rectified: activated,
                gate: None,
                codes: codes.as_mut(),
            }
            .run();
            if let (Some(activation), Some((plain, steps))) = (smooth, &mut raw) {
                let (x, y) = match &mut waiting {
                    Some((numbers, to)) => (Some((&**plain, *steps)), Some((&mut **numbers, *to))),
                    None if apart => (None, None),
                    None => (None, Some((&mut **plain, *steps))),
                };
                if let Some(y) = y {
                    let channels = [channels, shape.channels];
                    Activate { rows: shape.height, columns: shape.width, channels, activation, x, y }.run();
                }
            }
            codes.into_iter().for_each(CodeWriter::finish);
        });
        if coded {
            let codes = BitMatrix::from_words(images, shape.len(), words);
            walk.audience.show_codes(&walk.task.plan.nodes[i].coded, &codes);
            words = codes.into_words();
        }
        self.memory.codes = words;
        [raw, activated]
    }

    /// Passes the gradient of node `i`'s activation on to its value, adding to `g` if that is given.
    pub(super) fn through_activation(
        &mut self,
        walk: &Walk<'_, '_, 'm, F>,
        i: usize,
        activation: Activation,
        by_activation: &Plane<F>,
        g: Option<Plane<F>>,
    ) -> Plane<F> {
        let add = g.is_some();
        let layout = self.memory.gradient_layout(&walk.task, i);
        let mut to = g.unwrap_or_else(|| self.memory.buffers.take(layout));
        let x = walk.values.get(Source { node: i, activated: false });
        let steps = to.layout().steps();
        each(&mut self.threads(), images_mut(&mut to).enumerate(), |(), (n, to)| {
            ActivateBackward {
                rows: layout.height,
                columns: layout.width,
                channels: layout.channels,
                activation,
                x: (x.image(n), x.layout().steps()),
                g: (by_activation.image(n), by_activation.layout().steps()),
                out: (to, steps),
                add,
            }
            .run();
        });
        to
    }

    /// Prepares a batch norm.
    pub(super) fn ready_norm(&mut self, walk: &mut Walk<'_, '_, 'm, F>, source: Source, id: LayerId) {
        let statistics = match walk.task.pass.normalisation {
            Normalisation::Running(running) => {
                Statistics::given(running.of_layer(id).expect("running statistics suit the network"))
            }
            _ => self.measure(walk, source, id),
        };
        let (affine, epsilon) = walk.task.norm(id);
        self.norms[id.index()] = Some(Norm::new(statistics, affine, epsilon));
    }

    /// Returns the statistics of a batch norm's input, from the sums that a convolution left or by a separate pass.
    fn measure(&mut self, walk: &mut Walk<'_, '_, 'm, F>, source: Source, id: LayerId) -> Statistics {
        let channels = walk.task.net.layer(id).shape.channels;
        let plane = walk.values.get(source);
        let layout = plane.layout();
        let count = layout.images * layout.height * layout.width;
        let statistics = match &self.moments[source.node] {
            Some(moments) if !source.activated => Statistics::of(moments, channels, count),
            _ => Statistics::of(&products(&mut self.threads(), plane, plane), channels, count),
        };
        let Statistics { mean, variance, .. } = &statistics;
        walk.audience.show(|watch| watch.batch_statistics, |to| to.batch_statistics(id, mean, variance, count));
        statistics
    }
}

impl<F: Float> Memory<F> {
    /// Takes planes for those of node `i`'s value and activation that are read.
    pub(super) fn value_planes(&mut self, task: &Task<'_>, i: usize) -> [Option<Plane<F>>; 2] {
        [false, true].map(|activated| {
            let source = Source { node: i, activated };
            task.uses[i].of(source).read.then(|| self.buffers.take(layout(task, source)))
        })
    }
}

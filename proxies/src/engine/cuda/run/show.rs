//! What observers are shown of a run.
//!
//! Small things are noted and shown once the program has run; whole values are fetched at once, which runs what is written down so far.

use super::super::arguments::CodeDistances;
use super::super::pool::Buffer;
use super::super::source::Kernel;
use super::Run;
use crate::Result;
use crate::engine::plan::{Kind, Source};
use crate::engine::signs::boundaries_at;
use crate::engine::values::Numbers;
use crate::engine::{BitMatrix, Distances, Observer, Values, View};
use crate::network::LayerId;

/// Something on the device that is to be shown.
pub(super) enum Note {
    /// The codes of a node's ReLUs.
    Codes { node: usize, codes: Buffer },
    /// The distances between them.
    Distances { node: usize, distances: Buffer },
    /// A batch norm's means and variances over `count` values.
    Statistics { layer: LayerId, statistics: Buffer, channels: usize, count: usize },
    /// A layer's sums over `planes` planes of value times gradient.
    Saliency { layer: LayerId, sums: Buffer, planes: usize },
}

impl Run<'_, '_> {
    /// Writes down how the distances between codes of `words` 32-bit words are found.
    pub(super) fn distances(&mut self, codes: Buffer, words: usize) -> Result<Buffer> {
        let images = self.task.images();
        let distances = self.memory.take(images * images / 2 * 4)?;
        let arguments = CodeDistances {
            codes: codes.address,
            distances: distances.address,
            images: images as i32,
            words: words as i32,
        };
        let tiles = images.div_ceil(16);
        self.launch(Kernel::CodeDistances, [tiles, tiles], &arguments);
        Ok(distances)
    }

    /// Shows what has been noted, the program having run.
    pub(super) fn show_notes(&mut self) -> Result<()> {
        let (cuda, images) = (self.memory.cuda(), self.task.images());
        let doubles = |from: Buffer, count: usize| {
            let mut numbers = vec![0.0f64; count];
            cuda.download(from, bytemuck::cast_slice_mut(&mut numbers)).map(|()| numbers)
        };
        for note in std::mem::take(&mut self.notes) {
            match note {
                Note::Codes { node, codes } => {
                    let columns = self.task.shape(node).len();
                    let mut words = vec![0u64; images * columns.div_ceil(64)];
                    cuda.download(codes, bytemuck::cast_slice_mut(&mut words))?;
                    let codes = BitMatrix::from_words(images, columns, words);
                    for &relu in &self.task.plan.nodes[node].relus {
                        self.audience.show(|watch| watch.relu_codes, |to| to.relu_codes(relu, &codes));
                    }
                }
                Note::Distances { node, distances } => {
                    let mut pairs = vec![0u32; images * (images - 1) / 2];
                    cuda.download(distances, bytemuck::cast_slice_mut(&mut pairs))?;
                    let pairs: Vec<u64> = pairs.into_iter().map(u64::from).collect();
                    let distances = Distances { images, units: self.task.shape(node).len(), pairs: &pairs };
                    for &relu in &self.task.plan.nodes[node].relus {
                        self.audience.show(|watch| watch.relu_distances, |to| to.relu_distances(relu, &distances));
                    }
                }
                Note::Statistics { layer, statistics, channels, count } => {
                    let numbers = doubles(statistics, 2 * channels)?;
                    let (mean, variance) = numbers.split_at(channels);
                    let event = |to: &mut dyn Observer| to.batch_statistics(layer, mean, variance, count);
                    self.audience.show(|watch| watch.batch_statistics, event);
                }
                Note::Saliency { layer, sums, planes } => {
                    let products = doubles(sums, planes)?;
                    self.audience.show(|watch| watch.saliencies, |to| to.saliency(layer, &products));
                }
            }
        }
        Ok(())
    }

    /// A node's value as observers see it.
    fn fetch(&mut self, source: Source) -> Result<Numbers> {
        self.download(self.value(source), self.task.len(source.node))
    }

    fn view<'n>(&self, numbers: &'n Numbers, node: usize) -> View<'n> {
        View::contiguous(numbers.values(), self.task.images(), self.task.shape(node))
    }

    pub(super) fn show_features(&mut self, i: usize) -> Result<()> {
        if let (Kind::GlobalAverage(input), true) = (self.task.plan.nodes[i].kind.clone(), self.audience.seen.features)
        {
            let value = self.fetch(input)?;
            let view = self.view(&value, input.node);
            self.audience.show(|watch| watch.features, |to| to.features(&view));
        }
        Ok(())
    }

    pub(super) fn show_output(&mut self, i: usize) -> Result<()> {
        if let (true, Some(layer)) = (self.audience.seen.outputs, self.task.plan.nodes[i].layer) {
            let value = self.fetch(self.shown(i))?;
            let view = self.view(&value, i);
            self.audience.show(|watch| watch.outputs, |to| to.output(layer, &view));
        }
        Ok(())
    }

    /// Where every layer is a node: what it yields.
    fn shown(&self, i: usize) -> Source {
        Source { node: i, rectified: !self.task.plan.nodes[i].relus.is_empty() }
    }

    pub(super) fn show_boundary(&mut self, i: usize) -> Result<()> {
        let boundaries = boundaries_at(&self.task.plan.boundaries, i);
        if self.audience.seen.boundaries && !boundaries.is_empty() {
            let value = self.fetch(Source { node: i, rectified: false })?;
            let view = self.view(&value, i);
            for boundary in boundaries {
                self.audience.show(|watch| watch.boundaries, |to| to.boundary(boundary, &view));
            }
        }
        Ok(())
    }

    pub(super) fn show_boundary_gradient(&mut self, boundary: usize, i: usize, gradient: &Numbers) {
        let view = self.view(gradient, i);
        self.audience.show(|watch| watch.boundary_gradients, |to| to.boundary_gradient(boundary, &view));
    }

    pub(super) fn show_gradient(&mut self, i: usize, g: Buffer) -> Result<()> {
        if self.task.plan.nodes[i].kind == Kind::Images {
            if self.audience.seen.input_gradient {
                let gradient = self.download(g, self.task.len(i))?;
                let view = self.view(&gradient, i);
                self.audience.show(|watch| watch.input_gradient, |to| to.input_gradient(&view));
            }
        } else if let (true, Some(layer)) = (self.audience.seen.output_gradients, self.task.plan.nodes[i].layer) {
            let (value, gradient) = (self.fetch(self.shown(i))?, self.download(g, self.task.len(i))?);
            let (value, gradient) = (self.view(&value, i), self.view(&gradient, i));
            self.audience.show(|watch| watch.output_gradients, |to| to.output_gradient(layer, &value, &gradient));
        }
        Ok(())
    }

    /// Shows all parameters with their gradients, zeros where none reaches them.
    pub(super) fn show_weights(&mut self) -> Result<()> {
        if !self.audience.seen.weight_gradients {
            return Ok(());
        }
        let count = self.task.parameter_count();
        let gradients = match self.by_parameter {
            Some(buffer) => self.download(buffer, count)?,
            None => Numbers::zeros(self.task.pass.precision, count),
        };
        let (net, weights) = (self.task.net, self.task.weights);
        let longest = weights.tensors().iter().map(Vec::len).max().unwrap_or(0);
        let zeros = Numbers::zeros(self.task.pass.precision, longest);
        let mut wide = Vec::new();
        for (place, tensor) in net.ids().rev().flat_map(|id| weights.of_layer(id)) {
            let gradient = match self.arrived[place] {
                true => gradients.values().slice(self.task.starts[place]..self.task.starts[place + 1]),
                false => zeros.values().slice(0..tensor.len()),
            };
            let value = match gradient {
                Values::F32(_) => Values::F32(tensor),
                Values::F64(_) => {
                    wide.clear();
                    wide.extend(tensor.iter().map(|&w| f64::from(w)));
                    Values::F64(&wide)
                }
            };
            let event = |to: &mut dyn Observer| to.weight(&net.parameters()[place], value, gradient);
            self.audience.show(|watch| watch.weight_gradients, event);
        }
        Ok(())
    }
}

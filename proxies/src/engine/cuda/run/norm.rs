//! Batch norms of a run: factors and constants, from the batch or from running statistics.

use super::super::arguments::{self, NormForward};
use super::super::pool::Buffer;
use super::super::source::Kernel;
use super::notes::Note;
use super::{Gpu, Walk, value};
use crate::Result;
use crate::engine::Normalisation;
use crate::engine::values::Numbers;
use crate::engine::walk::Task;
use crate::engine::walk::plan::Source;
use crate::network::{Channels, LayerId};

/// Sums of a value and of its squares or products, by channel, in parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub buffer: Buffer,
    pub parts: usize,
}

/// A batch norm that has run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Norm {
    /// Means, variances and inverse deviations, f64.
    statistics: Buffer,
    /// Factors, then constants.
    pub factors: Buffer,
}

impl<'a> Gpu<'a> {
    /// Prepares a batch norm of a value.
    pub(super) fn ready_norm(&mut self, walk: &mut Walk<'_, '_, 'a>, source: Source, layer: LayerId) -> Result<()> {
        let norm = match walk.task.pass.normalisation {
            Normalisation::Running(running) => {
                self.given(&walk.task, layer, running.of_layer(layer).expect("running statistics suit the network"))?
            }
            _ => self.measured(walk, source, layer)?,
        };
        self.norms[layer.index()] = Some(norm);
        Ok(())
    }

    /// A batch norm with the statistics of the batch, from sums that a convolution has left or that are computed separately.
    fn measured(&mut self, walk: &Walk<'_, '_, 'a>, source: Source, layer: LayerId) -> Result<Norm> {
        let shape = walk.task.shape(source.node);
        let channels = shape.channels;
        let left = self.sums[source.node].filter(|_| !source.activated);
        let sums = match left {
            Some(sums) => sums,
            None => {
                let value = value(walk, source);
                self.channel_sums(&walk.task, value, value, shape)?
            }
        };
        let (affine, epsilon) = walk.task.norm(layer);
        let affine = affine.is_some();
        let norm = Norm { statistics: self.memory.take(3 * channels * 8)?, factors: self.numbers(2 * channels)? };
        let arguments = NormForward {
            sums: sums.buffer.address,
            scale: if affine { self.parameter(&walk.task, layer, 0) } else { 0 },
            shift: if affine { self.parameter(&walk.task, layer, 1) } else { 0 },
            statistics: norm.statistics.address,
            factors: norm.factors.address,
            epsilon,
            parts: sums.parts as i32,
            channels: channels as i32,
            count: (walk.task.images() * shape.area()) as i32,
        };
        self.launch(Kernel::NormForward, [channels, 1], &arguments);
        if left.is_none() {
            self.memory.give(sums.buffer);
        }
        if walk.audience.seen.batch_statistics {
            let count = walk.task.images() * shape.area();
            self.notes.push(Note::Statistics { layer, statistics: norm.statistics, channels, count });
        }
        Ok(norm)
    }

    /// A batch norm with running statistics.
    fn given(&mut self, task: &Task<'_>, layer: LayerId, Channels { mean, variance }: &Channels) -> Result<Norm> {
        let (affine, epsilon) = task.norm(layer);
        let parameter = |i: usize, none: f64| -> Vec<f64> {
            affine.map_or(vec![none; mean.len()], |tensors| tensors[i].iter().map(|&w| f64::from(w)).collect())
        };
        let (scale, shift) = (parameter(0, 1.0), parameter(1, 0.0));
        let wide = |values: &[f32]| -> Vec<f64> { values.iter().map(|&value| f64::from(value)).collect() };
        let (mean, variance) = (wide(mean), wide(variance));
        let inverse: Vec<f64> = variance.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect();
        let factor: Vec<f64> = scale.iter().zip(&inverse).map(|(scale, inverse)| scale * inverse).collect();
        let constant = shift.iter().zip(mean.iter().zip(&factor));
        let constant: Vec<f64> = constant.map(|(shift, (mean, factor))| shift - mean * factor).collect();
        let factors = Numbers::rounded(self.precision, factor.iter().chain(&constant).copied());
        let statistics = Numbers::F64([mean, variance, inverse].concat());
        Ok(Norm { statistics: self.memory.upload(&statistics)?, factors: self.memory.upload(&factors)? })
    }

    /// The backward step of a batch norm of `source`, given the gradient `g` with respect to its output: for each channel the factors of g
    /// and of x, and the constant. Computes the gradients with respect to its parameters, too.
    pub(super) fn norm_step(
        &mut self,
        walk: &Walk<'_, '_, 'a>,
        source: Source,
        layer: LayerId,
        g: Buffer,
    ) -> Result<Buffer> {
        let shape = walk.task.shape(source.node);
        let sums = self.channel_sums(&walk.task, g.address, value(walk, source), shape)?;
        let norm = self.norms[layer.index()].expect("a batch norm that gets a gradient has run");
        let affine = walk.task.norm(layer).0.is_some();
        let factors = self.numbers(3 * shape.channels)?;
        let arguments = arguments::NormBackward {
            sums: sums.buffer.address,
            statistics: norm.statistics.address,
            scale: if affine { self.parameter(&walk.task, layer, 0) } else { 0 },
            factors: factors.address,
            by_scale: if affine { self.by_parameter(walk, layer, 0)? } else { 0 },
            by_shift: if affine { self.by_parameter(walk, layer, 1)? } else { 0 },
            parts: sums.parts as i32,
            channels: shape.channels as i32,
            count: (walk.task.images() * shape.area()) as i32,
            measured: walk.task.plan.measured.into(),
        };
        self.launch(Kernel::NormBackward, [shape.channels, 1], &arguments);
        self.memory.give(sums.buffer);
        Ok(factors)
    }
}

//! Batch norms of a run: factors and constants, from the batch or from running statistics.

use super::super::arguments::{self, NormForward};
use super::super::pool::Buffer;
use super::super::source::Kernel;
use super::Run;
use super::show::Note;
use crate::Result;
use crate::engine::Normalisation;
use crate::engine::plan::Source;
use crate::engine::values::Numbers;
use crate::network::{BatchNorm, Channels, LayerId};

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
    factors: Buffer,
}

impl Run<'_, '_> {
    /// Readies a batch norm of a value; where its factors and constants are.
    pub(super) fn normalise(&mut self, source: Source, layer: LayerId) -> Result<u64> {
        let norm = match self.task.pass.normalisation {
            Normalisation::Running(running) => {
                self.given(layer, running.of_layer(layer).expect("running statistics suit the network"))?
            }
            _ => self.measured(source, layer)?,
        };
        self.norms[layer.index()] = Some(norm);
        Ok(norm.factors.address)
    }

    /// With the statistics of the batch, from the sums that a convolution left or by a pass of their own.
    fn measured(&mut self, source: Source, layer: LayerId) -> Result<Norm> {
        let shape = self.task.shape(source.node);
        let channels = shape.channels;
        let left = self.sums[source.node].filter(|_| !source.rectified);
        let sums = match left {
            Some(sums) => sums,
            None => {
                let value = self.value(source);
                self.channel_sums(value, value, shape)?
            }
        };
        let norm = Norm { statistics: self.memory.take(3 * channels * 8)?, factors: self.numbers(2 * channels)? };
        let arguments = NormForward {
            sums: sums.buffer.address,
            scale: self.parameter(layer, 0),
            shift: self.parameter(layer, 1),
            statistics: norm.statistics.address,
            factors: norm.factors.address,
            parts: sums.parts as i32,
            channels: channels as i32,
            count: (self.task.images() * shape.area()) as i32,
        };
        self.launch(Kernel::NormForward, [channels, 1], &arguments);
        if left.is_none() {
            self.memory.give(sums.buffer);
        }
        if self.audience.seen.batch_statistics {
            let count = self.task.images() * shape.area();
            self.notes.push(Note::Statistics { layer, statistics: norm.statistics, channels, count });
        }
        Ok(norm)
    }

    /// With running statistics.
    fn given(&mut self, layer: LayerId, Channels { mean, variance }: &Channels) -> Result<Norm> {
        let tensor = |i| &self.task.weights.tensors()[self.task.place(layer, i)];
        let wide = |values: &[f32]| -> Vec<f64> { values.iter().map(|&value| f64::from(value)).collect() };
        let (mean, variance) = (wide(mean), wide(variance));
        let inverse: Vec<f64> = variance.iter().map(|variance| 1.0 / (variance + BatchNorm::EPSILON).sqrt()).collect();
        let factor: Vec<f64> =
            tensor(0).iter().zip(&inverse).map(|(&scale, inverse)| f64::from(scale) * inverse).collect();
        let constant = tensor(1).iter().zip(mean.iter().zip(&factor));
        let constant: Vec<f64> = constant.map(|(&shift, (mean, factor))| f64::from(shift) - mean * factor).collect();
        let factors = Numbers::rounded(self.task.pass.precision, factor.iter().chain(&constant).copied());
        let statistics = Numbers::F64([mean, variance, inverse].concat());
        Ok(Norm { statistics: self.memory.upload(&statistics)?, factors: self.memory.upload(&factors)? })
    }

    /// The backward step of a batch norm of `source`, `g` being the gradient by its output: by g, by x and constant, by channel. Gives
    /// the gradients by its parameters, too.
    pub(super) fn norm_backward(&mut self, source: Source, layer: LayerId, g: Buffer) -> Result<Buffer> {
        let shape = self.task.shape(source.node);
        let sums = self.channel_sums(g, self.value(source), shape)?;
        let norm = self.norms[layer.index()].expect("a batch norm that gets a gradient has run");
        let factors = self.numbers(3 * shape.channels)?;
        let arguments = arguments::NormBackward {
            sums: sums.buffer.address,
            statistics: norm.statistics.address,
            scale: self.parameter(layer, 0),
            factors: factors.address,
            by_scale: self.by_parameter(layer, 0)?,
            by_shift: self.by_parameter(layer, 1)?,
            parts: sums.parts as i32,
            channels: shape.channels as i32,
            count: (self.task.images() * shape.area()) as i32,
            measured: self.task.plan.measured.into(),
        };
        self.launch(Kernel::NormBackward, [shape.channels, 1], &arguments);
        self.memory.give(sums.buffer);
        Ok(factors)
    }
}

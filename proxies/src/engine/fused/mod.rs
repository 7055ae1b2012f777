//! The fast CPU engine: fused steps over cache-friendly planes, with buffers that are reused from network to network.
//!
//! A [`walk`](super::walk) plans fused nodes and runs them forward and backward; [`run`] implements its steps. Values are NHWC
//! with a border of zeros ([`layout`]). Convolutions are direct ([`conv`]) or, for 3x3 kernels in f32, Winograd's ([`winograd`]).
//! Everything between two convolutions is one pass over memory ([`combine`]), and in the backward pass the output gradient of a
//! convolution exists only for one chunk of images at a time. Everything except Winograd is generic over f32 and f64 ([`lanes`]).
//!
//! A run uses one thread, or as many as [`FusedSettings::threads`] says; scoring several networks at once makes better use of
//! several threads. All sums run over fixed chunks and groups of images in a fixed order, so results depend only on the network,
//! its weights and the batch.
//!
//! Measured on one core of a Zen 4 (CPU seconds, NATS-Bench topology networks of 16 channels and 5 cells per stage, batch 64):
//!
//! | network | forward | with backward | synflow's pass in f64 |
//! |---|---|---|---|
//! | all convolutions 3x3, 220 million multiply-adds | 0.13 | 0.41 | 0.032 |
//! | one 1x1 convolution a cell, 12 million | 0.016 | 0.054 | 0.002 |
//! | mean of 12 (`benches/passes.rs`) | 0.051 | 0.169 | 0.010 |
//!
//! PyTorch took 0.54 and 1.25 for the first, and 0.095 and 0.167 for a network like the second, on such a machine but not in the
//! same run; `benches/versus_torch.sh` runs both side by side. The largest of the networks takes 0.3 GiB. Memory is kept from
//! run to run ([`arena`]), until it has been idle for long.

mod arena;
mod buffers;
mod combine;
mod conv;
mod cross;
mod distances;
mod lanes;
mod layout;
pub mod measure;
mod plane;
mod pool;
mod run;
#[cfg(test)]
mod tests;
mod winograd;

pub(super) use cross::{cross, square};
pub(super) use distances::between_rows;

use super::apart::curvature_apart;
use super::{CandleEngine, Engine, Outcome, Pass, Precision, Watch, Watcher, walk};
use crate::Result;
use crate::network::{Network, Weights};

/// Settings of a [`FusedEngine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FusedSettings {
    /// Use direct convolutions only. Otherwise 3x3 convolutions of stride 1 in f32 use Winograd's F(4x4, 3x3), which is up to
    /// twice as fast, with two to four times the rounding error of a layer.
    pub exact: bool,
    /// Number of threads that work inside one network, from the rayon pool in which the engine is called; 0 means 1. It does not
    /// change results.
    pub threads: usize,
}

impl Default for FusedSettings {
    fn default() -> Self {
        FusedSettings { exact: false, threads: 1 }
    }
}

/// Bytes of values that a run may keep from its forward pass for the backward pass, unless the engine is told otherwise. With fewer,
/// nothing is slower.
const MOST_KEPT: usize = 256 << 20;

/// The fast CPU engine. It keeps its buffers from run to run, so give each thread its own.
#[derive(Debug)]
pub struct FusedEngine {
    settings: FusedSettings,
    most_kept: usize,
    single: run::Memory<f32>,
    double: run::Memory<f64>,
}

impl FusedEngine {
    /// Creates an engine, at first without buffers.
    pub fn new(settings: FusedSettings) -> Self {
        FusedEngine { settings, most_kept: MOST_KEPT, single: run::Memory::default(), double: run::Memory::default() }
    }

    /// Sets from how many bytes of values on, kept from a forward pass for the backward pass, those that cost little are released and
    /// computed again when they are needed. This changes no result.
    #[must_use]
    pub fn keeping(self, bytes: usize) -> Self {
        FusedEngine { most_kept: bytes, ..self }
    }

    /// The most bytes of values and gradients that its runs so far held at one time.
    #[cfg(test)]
    fn held(&self) -> usize {
        self.single.held().max(self.double.held())
    }
}

impl Default for FusedEngine {
    fn default() -> Self {
        FusedEngine::new(FusedSettings::default())
    }
}

impl Engine for FusedEngine {
    fn takes(&self, net: &Network) -> Result<()> {
        walk::takes(net)
    }

    fn run(
        &mut self,
        net: &Network,
        weights: &Weights,
        pass: &Pass<'_>,
        watchers: &mut [Watcher<'_>],
    ) -> Result<Outcome> {
        self.takes(net)?;
        pass.check(net, watchers)?;
        let (settings, most_kept) = (self.settings, self.most_kept);
        let bytes = || {
            let watches: Vec<Watch> = watchers.iter().map(Watcher::watch).collect();
            run::peak(settings, most_kept, net, pass, &watches)
        };
        match pass.precision {
            Precision::F32 => self.double.make_way(bytes),
            Precision::F64 => self.single.make_way(bytes),
        }
        let mut run = |watchers: &mut [Watcher<'_>]| match pass.precision {
            Precision::F32 => run::run(&mut self.single, settings, most_kept, net, weights, pass, watchers),
            Precision::F64 => run::run(&mut self.double, settings, most_kept, net, weights, pass, watchers),
        };
        if walk::knows_curvature(net) {
            return run(watchers);
        }
        curvature_apart(watchers, run, |watchers| CandleEngine::cpu().run(net, weights, pass, watchers))
    }

    fn memory(&self, net: &Network, pass: &Pass<'_>, watches: &[Watch]) -> Option<usize> {
        self.takes(net).ok()?;
        if watches.iter().any(|watch| watch.curvature) && !walk::knows_curvature(net) {
            return None;
        }
        Some(run::peak(self.settings, self.most_kept, net, pass, watches).max(buffers::ALWAYS))
    }
}

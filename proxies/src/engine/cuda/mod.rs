//! The engine for CUDA devices.
//!
//! A pass is planned as the fused engine plans it (`engine::walk`): everything between two convolutions is one step, values used twice are
//! computed once. But its steps are written down before they run (`program`), and the engines of a device, one a thread, hand their
//! programs to a common queue ([`Cuda`]), which runs what waits as one: steps of one kind and size, of many networks or of independent
//! edges of one cell, are a single launch (`schedule`). All sums are made in an order that depends on the shapes alone, so that a score does
//! not depend on what else is in a launch. The host waits once between the forward pass and each backward pass, and sees nothing in between
//! but what observers ask for.
//!
//! The kernels ([`source`]) are CUDA C++, compiled by NVRTC when a device is opened for the first time; the host's C++ compiler compiles the
//! same source for `Emulation` (feature `emulation`), which is how all of this is tested where there is no GPU. How they are compiled and
//! launched can be tuned ([`Tuning`]), and what was best on a kind of device is kept for it (`kept`). Products are in whole 32 or 64 bits; on tensor cores, if those are asked for, one is made of three.
//!
//! Activations are images x channels x rows x columns. Second derivatives ([`Watch::curvature`](super::Watch::curvature)) are left to the
//! fused engine on the host.

mod arguments;
#[cfg(any(test, feature = "cuda", feature = "emulation"))]
mod cache;
mod device;
#[cfg(any(test, feature = "cuda"))]
mod driver;
#[cfg(any(test, feature = "emulation"))]
mod emulation;
mod idle;
#[cfg(any(test, feature = "cuda", feature = "emulation"))]
mod kept;
mod meter;
#[cfg(any(test, feature = "cuda"))]
mod nvrtc;
mod pool;
mod probe;
mod program;
mod queue;
mod run;
mod schedule;
pub mod source;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tuned;
mod tuning;
mod work;

pub use device::{Address, Device, Launch};
#[cfg(any(test, feature = "cuda"))]
pub use driver::Driver;
#[cfg(any(test, feature = "emulation"))]
pub use emulation::Emulation;
pub use idle::Idle;
#[cfg(any(test, feature = "cuda", feature = "emulation"))]
pub use kept::Kind;
pub use meter::{Entry, Meter};
pub use probe::Probe;
pub use queue::Cuda;
pub use tuning::{Tuning, worth_keeping};
pub use work::Work;

use super::apart::curvature_apart;
use super::{Engine, FusedEngine, Outcome, Pass, Watcher, walk};
use crate::Result;
use crate::network::{Network, Weights};
use std::sync::Arc;

/// Runs networks on a CUDA device, which it shares with other engines. Give each thread one of its own: as many networks are on the
/// device at a time as there are engines at work.
#[derive(Debug)]
pub struct CudaEngine {
    cuda: Arc<Cuda>,
    host: FusedEngine,
    /// How many passes might be under way when the last one of this engine was let in.
    limit: usize,
}

impl CudaEngine {
    /// An engine on this device.
    pub fn new(cuda: Arc<Cuda>) -> Self {
        CudaEngine { cuda, host: FusedEngine::default(), limit: usize::MAX }
    }
}

impl Engine for CudaEngine {
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
        let CudaEngine { cuda, host, limit } = self;
        let on_device = |watchers: &mut [Watcher<'_>]| {
            let admitted = cuda.admit();
            *limit = admitted.limit;
            run::run(cuda, net, weights, pass, watchers)
        };
        curvature_apart(watchers, on_device, |watchers| host.run(net, weights, pass, watchers))
    }

    fn make_room(&mut self) -> bool {
        self.cuda.narrow(self.limit)
    }
}

//! The engine for CUDA devices.
//!
//! A pass is planned as in the fused engine (`engine::walk`): everything between two convolutions is one step, and values used twice are
//! computed once. But its steps are recorded before they run (`program`). The engines of a device, one per thread, submit their programs
//! to a common queue ([`Cuda`]), which runs all waiting programs together: steps of the same kind and size, from many networks or from
//! independent edges of one cell, become a single launch (`schedule`). The order of every sum depends only on the shapes and the tuning, so
//! a score does not depend on what else is in a launch. The host waits once between the forward pass and each backward pass, and in between
//! sees only what observers ask for.
//!
//! The kernels ([`source`]) are CUDA C++, compiled by NVRTC when a device is opened for the first time; the host's C++ compiler compiles the
//! same source for `Emulation` (feature `emulation`), so that all of this can be tested without a GPU. How kernels are compiled and launched
//! can be tuned ([`Tuning`]), and the best tuning for a kind of device is stored (`kept`). Products are computed in full 32 or 64 bits; on
//! tensor cores, which are optional, each is made of three products.
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

/// Runs networks on a CUDA device, which it shares with other engines. Give each thread its own engine: the device works on as many
/// networks at a time as engines are running.
#[derive(Debug)]
pub struct CudaEngine {
    cuda: Arc<Cuda>,
    host: FusedEngine,
    /// The limit on concurrent passes when this engine's last pass was admitted.
    limit: usize,
}

impl CudaEngine {
    /// Creates an engine on this device.
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

//! `naswot_bayeswatch`: `naswot` as its authors' program computes it.
//!
//! ```text
//! s_n   = the binary code of image n: which units of all ReLUs are on (input > 0)
//! K_nm  = number of units on which s_n and s_m agree, those of a ReLU in a ReLU-conv-bn block twice
//! score = ln | det K |
//! ```
//!
//! The program looks for `ReLU` in the names of module classes. In the NATS-Bench networks this finds the blocks called
//! `ReLUConvBN` as well as the ReLU inside each of them, so all ReLUs except the head's count twice. The blocks of
//! NAS-Bench-101 are conv-bn-ReLU and have another name, so no ReLU counts twice there and the score equals that of `naswot`. The two
//! cases are told apart by the network's graph. Otherwise as `naswot`: only scores with the same batch size are comparable, and the
//! status is `singular` where K has no inverse.

use super::naswot::Kernel;
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Distances, Observer, Watch};
use crate::network::{LayerId, Network};

/// Log-determinant of the kernel of ReLU codes, ReLUs that open a block doubled.
pub struct NaswotBayeswatch;

struct Doubled {
    kernel: Kernel,
    times: Vec<u64>,
}

impl Proxy for NaswotBayeswatch {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "naswot_bayeswatch",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "naswot with ReLUs in ReLU-conv-bn blocks counted twice",
            source: "Mellor et al. 2021 (the program published with the ICML version)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { relu_distances: true, ..Watch::default() })
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Doubled { kernel: Kernel::default(), times: times(net) })
    }
}

/// How often the units of each layer count.
fn times(net: &Network) -> Vec<u64> {
    let mut times = vec![1; net.layers().len()];
    net.openers().into_iter().for_each(|id| times[id.index()] = 2);
    times
}

impl Observer for Doubled {
    fn relu_distances(&mut self, layer: LayerId, distances: &Distances<'_>) {
        self.kernel.add(distances, self.times[layer.index()]);
    }
}

impl Measurement for Doubled {
    fn finish(self: Box<Self>) -> Measured {
        self.kernel.log_determinant()
    }
}

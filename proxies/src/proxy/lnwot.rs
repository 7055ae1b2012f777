//! `lnwot`: `naswot` layer by layer.
//!
//! ```text
//! s_n   = the binary code of image n at one ReLU: which of its units are on (input > 0)
//! K_nm  = number of units on which s_n and s_m agree
//! score = sum over ReLUs of ln | det K |
//! ```
//!
//! A layer with few units weighs as much as one with many, and every layer adds one more term, so depth counts. The score
//! grows with the size of the batch, so only scores with the same batch size are comparable. Status `singular` where the K of any ReLU
//! has no inverse, as when two images share one code or all units are off; this is common when a batch has more images than a layer
//! has units.

use super::naswot::Kernel;
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Distances, Observer, Watch};
use crate::network::{LayerId, Network};
use crate::score::Status;

/// Sum over ReLUs of the log-determinant of the kernel of their codes.
pub struct Lnwot;

struct Layers {
    kernel: Kernel,
    total: Measured,
    relus: usize,
}

impl Proxy for Lnwot {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "lnwot",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "naswot of each ReLU by itself, summed",
            source: "alethiometer (its layer-wise naswot)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { relu_distances: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Layers { kernel: Kernel::default(), total: Ok(0.0), relus: 0 })
    }
}

impl Observer for Layers {
    fn relu_distances(&mut self, _layer: LayerId, distances: &Distances<'_>) {
        self.relus += 1;
        self.total = self.total.and_then(|total| {
            self.kernel.restart();
            self.kernel.add(distances, 1);
            Ok(total + self.kernel.log_determinant()?)
        });
    }
}

impl Measurement for Layers {
    fn finish(self: Box<Self>) -> Measured {
        if self.relus == 0 { Err(Status::Undefined) } else { self.total }
    }
}

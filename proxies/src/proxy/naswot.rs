//! `naswot`: how well the untrained network tells the images of a minibatch apart.
//!
//! ```text
//! s_n   = the binary code of image n: which units of all ReLUs are on (input > 0)
//! K_nm  = number of units on which s_n and s_m agree
//! score = ln | det K |
//! ```
//!
//! Every ReLU counts once, including dead ones if the network is scored as written; a value that three convolutions read through
//! three ReLUs counts three times. K is exact: xor and popcount of packed codes. The score grows with the size of the batch, so
//! only scores with the same batch size are comparable. Status `singular` where K has no inverse, as when two images share one code.
//!
//! Besides ReLUs, the units of ReLU6, leaky ReLU, SiLU, hard swish and GELU count by the same rule, on maps and vectors; those of
//! sigmoids and tanh do not ([`Activation::has_codes`](crate::network::Activation::has_codes)). The published programs look only for
//! the names of the first three. Status `undefined` where a network has no such units.

use super::spectrum::log_determinant;
use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Distances, Observer, Watch};
use crate::network::{LayerId, Network};
use crate::score::Status;
use nalgebra::DMatrix;

/// Log-determinant of the kernel of ReLU codes.
pub struct Naswot;

/// K as it grows, ReLU by ReLU.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    images: usize,
    /// Agreements of images n and m < n at n (n - 1) / 2 + m.
    agreements: Vec<u64>,
    units: u64,
}

impl Proxy for Naswot {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "naswot",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "how well ReLU codes tell the images apart",
            source: "Mellor et al. 2021, Neural Architecture Search without Training (ICML version)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { relu_distances: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Kernel::default())
    }
}

impl Kernel {
    /// Adds the units of a ReLU, each counted `times` times.
    pub fn add(&mut self, &Distances { images, units, pairs }: &Distances<'_>, times: u64) {
        self.images = images;
        self.agreements.resize(pairs.len(), 0);
        self.units += times * units as u64;
        for (agreements, distance) in self.agreements.iter_mut().zip(pairs) {
            *agreements += times * (units as u64 - distance);
        }
    }

    /// Resets all counts to zero and keeps the memory.
    pub(super) fn restart(&mut self) {
        self.units = 0;
        self.agreements.fill(0);
    }

    /// K as a full symmetric matrix of counts.
    pub fn matrix(&self) -> Vec<Vec<u64>> {
        let at = |n: usize, m: usize| match n.cmp(&m) {
            std::cmp::Ordering::Equal => self.units,
            std::cmp::Ordering::Greater => self.agreements[n * (n - 1) / 2 + m],
            std::cmp::Ordering::Less => self.agreements[m * (m - 1) / 2 + n],
        };
        (0..self.images).map(|n| (0..self.images).map(|m| at(n, m)).collect()).collect()
    }

    /// ln |det K|, or [`Status::Singular`]; [`Status::Undefined`] where there are no units.
    pub fn log_determinant(&self) -> Measured {
        let rows = self.matrix();
        if self.units == 0 {
            return Err(Status::Undefined);
        }
        log_determinant(DMatrix::from_fn(rows.len(), rows.len(), |i, j| rows[i][j] as f64))
    }
}

impl Observer for Kernel {
    fn relu_distances(&mut self, _layer: LayerId, distances: &Distances<'_>) {
        self.add(distances, 1);
    }
}

impl Measurement for Kernel {
    fn finish(self: Box<Self>) -> Measured {
        self.log_determinant()
    }
}

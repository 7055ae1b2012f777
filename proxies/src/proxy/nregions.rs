//! `nregions`: how many linear regions of the network the images of a minibatch fall into.
//!
//! ```text
//! s_n   = the binary code of image n: which units of all ReLUs are on (input > 0)
//! score = number of distinct s_n
//! ```
//!
//! At most the number of images, which most networks reach on real images; only scores with the same batch size are comparable. TE-NAS,
//! the source, counts on 1000 crops of 3 x 3 pixels and one channel, with a thin network; here the images and the network are those of
//! the other proxies.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{BitMatrix, Observer, Watch};
use crate::network::{LayerId, Network};
use std::collections::HashMap;

/// Number of linear regions.
pub struct NRegions;

/// Assigns images to regions, as far as the ReLUs seen so far tell them apart.
#[derive(Default)]
struct Regions {
    /// For each image the number of its region.
    of: Vec<usize>,
    count: usize,
}

impl Proxy for NRegions {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "nregions",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "number of linear regions that hold an image",
            source: "Chen et al. 2021, TE-NAS (its images and networks are smaller)",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { relu_codes: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Regions::default())
    }
}

impl Observer for Regions {
    fn relu_codes(&mut self, _layer: LayerId, codes: &BitMatrix) {
        self.of.resize(codes.rows(), 0);
        if self.count == codes.rows() {
            return;
        }
        let mut numbers = HashMap::new();
        for (image, region) in self.of.iter_mut().enumerate() {
            let next = numbers.len();
            *region = *numbers.entry((*region, codes.row(image))).or_insert(next);
        }
        self.count = numbers.len();
    }
}

impl Measurement for Regions {
    /// A network without ReLUs has one region.
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.count.max(1) as f64)
    }
}

//! `epads_mean`: `epads` averaged over all orders of the images.
//!
//! ```text
//! d1    = 2 / images * sum over pairs of images of the number of units in which their codes differ
//! d2    = as in `epads`
//! score = sum over ReLUs of d1 * d2
//! ```
//!
//! It is the expectation of `epads` over the orders, so that only the noise is random. Otherwise as `epads`.

use super::activation_changes::{Changes, twice};
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::BitMatrix;
use crate::network::{LayerId, Network};

/// Changes of activation, averaged over all orders of the images.
pub struct EpadsMean;

impl Proxy for EpadsMean {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "epads_mean",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "epads over all orders of the images",
            source: "ePADS, Applied Soft Computing 2025, doi 10.1016/j.asoc.2025.113447",
        }
    }

    fn needs(&self) -> Needs {
        twice()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Changes::of(net, |_: LayerId, codes: &BitMatrix, _| {
            let images = codes.rows();
            let mut distances = vec![0; images * images.saturating_sub(1) / 2];
            codes.distances(&mut distances);
            2.0 * distances.iter().sum::<u64>() as f64 / images as f64
        }))
    }
}

//! `epads`: how many units change from image to image, and how many under a little noise.
//!
//! ```text
//! c     = which units of a ReLU are on (input > 0) for each image
//! d1    = number of units in which c and c of the images in a random order differ, image by image
//! d2    = number of units in which c and c of the images with a hundredth of noise added differ
//! score = sum over ReLUs of d1 * d2
//! ```
//!
//! Batch norms use mean 0 and variance 1, so that images do not affect each other. Only a port of the published program was found; it
//! counts the ReLUs of ReLU-conv-bn blocks twice, which is not done here. One order is drawn for each ReLU and changes with the seed;
//! `epads_mean` takes the mean over all orders. Only scores with the same batch size are comparable. Range: 0 and up.

use super::activation_changes::{Changes, differences, twice};
use super::maps::names;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::BitMatrix;
use crate::network::{LayerId, Network};
use zeronas_random::Stream;

/// Changes of activation, for one order of the images.
pub struct Epads;

impl Proxy for Epads {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "epads",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "units that change between images times units that change under noise",
            source: "ePADS, Applied Soft Computing 2025, doi 10.1016/j.asoc.2025.113447",
        }
    }

    fn needs(&self) -> Needs {
        twice()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        let streams = names(net, "epads");
        Box::new(Changes::of(net, move |relu: LayerId, codes: &BitMatrix, seed| {
            let order = Stream::new(&streams[relu.index()], seed).permutation(codes.rows());
            let pairs = order.into_iter().enumerate();
            pairs.map(|(n, m)| differences(codes.row(n), codes.row(m))).sum::<u64>() as f64
        }))
    }
}

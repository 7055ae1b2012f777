//! `gradsign_mean`: `gradsign` averaged over the weights.
//!
//! ```text
//! score = gradsign / number of convolution and linear weights, dead ones too
//! ```
//!
//! This is what the authors' program for zero-cost-nas, AZ-NAS and VKDNW compute under the name of GradSign. Small networks score high,
//! so it does not rank like the sum. Range: 0 to the number of images.

use super::gradsign::{Signs, single_images};
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Agreement in sign of single images' gradients, on average.
pub struct GradSignMean;

impl Proxy for GradSignMean {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "gradsign_mean",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::EachImage,
            summary: "gradsign of a weight on average",
            source: "Zhang & Jia 2022, GradSign (its program for zero-cost-nas)",
        }
    }

    fn needs(&self) -> Needs {
        single_images()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Signs::of(net, true))
    }
}

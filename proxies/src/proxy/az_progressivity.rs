//! `az_progressivity`: whether every block of a network adds directions to its features.
//!
//! ```text
//! e_i   = entropy of the features at boundary i, as in `az_expressivity`
//! score = min over i of e_(i+1) - e_i
//! ```
//!
//! It uses the images and features of `az_expressivity`. Range: any sign, mostly within +-1. Status `constant` where features do not
//! vary, `undefined` where a network has no blocks.

use super::entropies::{Entropies, boundaries};
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;
use crate::score::Status;

/// Least growth of the entropy of features over a block.
pub struct AzProgressivity;

impl Proxy for AzProgressivity {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "az_progressivity",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "least growth of the features' entropy over a block",
            source: "Lee & Ham 2024, AZ-NAS",
        }
    }

    fn needs(&self) -> Needs {
        boundaries()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Entropies::of(net, |entropies: &[f64]| {
            let growths = entropies.windows(2).map(|pair| pair[1] - pair[0]);
            growths.min_by(f64::total_cmp).ok_or(Status::Undefined)
        }))
    }
}

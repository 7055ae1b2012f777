//! `madnas`: the entropy of a network's last features if everything in it were Gaussian.
//!
//! ```text
//! e_s, C_s = entropy of the heaviest path to the end of stage s, and the channels there (see `deepmad`)
//! score    = sum over stages of r_s (e_s + ln C_s), r = 1, 1, 6 for the last three stages and 0 before
//! ```
//!
//! A path's entropy is the sum over its convolutions of ln sqrt(C_in k^2). Static. Networks without branches score as in the published
//! program, which knows only chains of blocks; that the heaviest of several paths counts is the interpretation chosen here.
//! Status `disconnected` where no path leads from the images to the logits.

use super::path_entropies::weighted;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Entropies of the last stages.
pub struct MadNas;

impl Proxy for MadNas {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "madnas",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "entropy of the heaviest paths, mostly of the last stage's",
            source: "Sun et al. 2022, MAE-DET",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Network
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        weighted(net, 0.0, [1.0, 1.0, 6.0], |stage| stage.entropy + (stage.channels as f64).ln())
    }
}

//! `deepmad`: the entropy of a network's features at all resolutions, weighted by their size.
//!
//! ```text
//! stage s  = the live layers of one resolution; it ends at the last one that leads to another, or to the global average
//! e_s      = largest sum, over paths from the images to the end of stage s, of ln sqrt(C_in k^2) of the convolutions on it
//! C_s, A_s = channels and pixels of a map there
//! score    = sum over stages of r_s e_s (ln C_s + ln A_s), r = 1, 1, 8 for the last three stages and 1 before
//! ```
//!
//! Static. DeepMAD maximises it under a limit on depth over width; the limit is not part of the score. Otherwise as `madnas`.

use super::path_entropies::weighted;
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;

/// Entropies of all stages.
pub struct DeepMad;

impl Proxy for DeepMad {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "deepmad",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Static,
            summary: "entropy of the heaviest paths of all stages, by size of the maps",
            source: "Shen et al. 2023, DeepMAD",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Network
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        weighted(net, 1.0, [1.0, 1.0, 8.0], |stage| {
            stage.entropy * ((stage.channels as f64).ln() + (stage.area as f64).ln())
        })
    }
}

//! `az_expressivity`: how many directions the features of a network's blocks fill.
//!
//! ```text
//! F_i   = value at boundary i of the network: output of the stem (i = 0), then of each block
//! C_i   = covariances of its channels over all images and pixels, lambda their eigenvalues, p = lambda / sum of lambda
//! e_i   = - sum of p * ln(p + 1e-8)
//! score = sum over i of e_i
//! ```
//!
//! The images are noise, every pixel N(0, 1), as many as the minibatch has; batch norms use their statistics. AZ-NAS starts from
//! He's normal initialisation, here `--init kaiming-normal`. Blocks are cells and reductions in NATS-Bench, modules in NAS-Bench-101.
//! Range: 0 to the sum of the logarithms of the numbers of channels. Status `constant` where features do not vary. AZ-NAS adds the
//! logarithms of the ranks of its four parts, of which the fourth, complexity, is `flops`.

use super::entropies::{Entropies, boundaries};
use super::{Cost, Direction, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::network::Network;
use crate::score::Status;

/// Sum of the entropies of features.
pub struct AzExpressivity;

impl Proxy for AzExpressivity {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "az_expressivity",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "directions that the features of blocks fill: entropies of their spectra",
            source: "Lee & Ham 2024, AZ-NAS",
        }
    }

    fn needs(&self) -> Needs {
        boundaries()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Entropies::of(net, |entropies: &[f64]| match entropies {
            [] => Err(Status::Undefined),
            _ => Ok(entropies.iter().sum()),
        }))
    }
}

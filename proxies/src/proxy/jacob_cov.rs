//! `jacob_cov`: how differently the logits react to the images of a minibatch.
//!
//! ```text
//! J_n   = d(sum of all logits of the batch) / d(image n)
//! v     = eigenvalues of the correlation matrix of the rows of J
//! score = - sum over i of ln(v_i + k) + 1 / (v_i + k), k = 1e-5
//! ```
//!
//! Batch norms use the statistics of the batch. For uncorrelated rows all v are near 1 and the score is near minus the number of images, so
//! only scores with the same batch size are comparable; correlated rows score lower. Status `disconnected` where no gradient reaches the
//! images, `constant` where all pixels of an image have the same gradient or the sum of the logits does not depend on the images: if only
//! sums and a linear layer follow the last batch norms, J is zero and what other programs print is rounding.

use super::jacobian::{Correlation, before, correlation, input_gradient};
use super::{Cost, Direction, Measured, Measurement, Needs, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, View};
use crate::network::Network;
use crate::score::Status;

/// Spectrum of the correlation between the images' gradients.
pub struct JacobCov;

struct Spectrum {
    correlation: Correlation,
}

/// k.
const OFFSET: f64 = 1e-5;

impl Proxy for JacobCov {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "jacob_cov",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Backward,
            summary: "how uncorrelated the logits' gradients by the images are",
            source: "Mellor et al. 2020, Neural Architecture Search without Training (first version)",
        }
    }

    fn needs(&self) -> Needs {
        input_gradient()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Spectrum { correlation: before(net) })
    }
}

impl Observer for Spectrum {
    fn input_gradient(&mut self, gradient: &View<'_>) {
        if !matches!(self.correlation, Err(Status::Constant)) {
            self.correlation = correlation(gradient);
        }
    }
}

impl Measurement for Spectrum {
    fn finish(self: Box<Self>) -> Measured {
        let eigenvalues = self.correlation?.symmetric_eigenvalues();
        Ok(-eigenvalues.iter().map(|v| (v + OFFSET).ln() + 1.0 / (v + OFFSET)).sum::<f64>())
    }
}

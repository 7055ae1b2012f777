//! `grasp`: how much the gradient's norm would change if single weights were removed.
//!
//! ```text
//! g, H  = gradient and second derivatives of L by all convolution and linear weights w together
//! score = - sum of w * (H g)
//! ```
//!
//! L is the mean cross entropy of one minibatch (temperature 1); batch norms use its statistics, and the second derivatives account
//! for this. The parameters of batch norms and biases do not count. H is symmetric, so w * (H g) and g * (H w) have the same sum, and
//! H w takes one pass with tangents along w besides the ordinary one. Central differences are no alternative: any step crosses kinks
//! of ReLUs. Range: any sign.
//!
//! Pitfalls. The original pruning criterion has the opposite sign; this is the sign of the proxy's paper, where higher is said to be
//! better, which does not hold in every space. Scaling a convolution that a batch norm follows does not change the loss, so it
//! contributes the square of its gradient's norm (apart from the batch norm's epsilon). Almost all terms of w * (H g) cancel in that
//! sum, those of g * (H w) do not.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Values, Watch};
use crate::network::{Network, Parameter};

/// Gradient signal preservation.
pub struct Grasp;

#[derive(Default)]
struct Total(f64);

impl Proxy for Grasp {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "grasp",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Curvature,
            summary: "change of the gradient's norm if weights went: -sum w * (H g)",
            source: "Wang et al. 2020, GraSP; as a proxy: Abdelfattah et al. 2021",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::Data], Watch { curvature: true, ..Watch::default() })
    }

    fn measure(&self, _net: &Network) -> Box<dyn Measurement> {
        Box::new(Total::default())
    }
}

impl Observer for Total {
    fn curvature(&mut self, _parameter: &Parameter, gradient: Values<'_>, product: Values<'_>) {
        self.0 -= gradient.sum_with(product, |g, hw| g * hw);
    }
}

impl Measurement for Total {
    fn finish(self: Box<Self>) -> Measured {
        Ok(self.0)
    }
}

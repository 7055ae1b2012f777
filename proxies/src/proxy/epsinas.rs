//! `epsinas`: how much the order and spacing of the logits change when all weights go from one small number to one large one.
//!
//! ```text
//! o(w)  = first logit of each image, all weights of convolutions, linear layers and batch norms being w and biases 0; scaled so that
//!         the least is 0 and the largest 1, and the least left out
//! score = mean | o(w1) - o(w2) | / mean of both
//! ```
//!
//! On the minibatch; batch norms use its statistics. Always in 64-bit floats, because the logits of the smaller weight are tiny: in 32
//! bits, as published, nearly half of the networks of NATS-Bench underflow. The two weights are the authors': see [`constants`]. Initial
//! weights do not matter. Scores below 1e-9 are rounding, from networks of a single path. Status `constant` where all logits are equal.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Watch};
use crate::network::Network;
use crate::score::Status;

/// Change of the logits from small to large weights.
pub struct EpsiNas;

struct Logits {
    classes: usize,
    scaled: Vec<Vec<f64>>,
}

/// Returns the two weights: the authors' values for NAS-Bench-101 if the network's blocks end with a ReLU, otherwise those for
/// NAS-Bench-201, whose blocks begin with one.
pub fn constants(net: &Network) -> [f32; 2] {
    if net.openers().is_empty() { [1e-4, 10.0] } else { [1e-7, 1.0] }
}

impl Proxy for EpsiNas {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "epsinas",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::Forward,
            summary: "change of the logits from one weight everywhere to another",
            source: "Gracheva 2023, EPSINAS",
        }
    }

    fn needs(&self) -> Needs {
        Needs::Passes(&[PassKind::SmallConstant, PassKind::LargeConstant], Watch::default())
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Logits { classes: net.classes(), scaled: Vec::new() })
    }
}

impl Observer for Logits {}

impl Measurement for Logits {
    fn logits(&mut self, _kind: PassKind, logits: &[f64]) {
        let first: Vec<f64> = logits.iter().step_by(self.classes).copied().collect();
        let (least, most) = first.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &o| (a.min(o), b.max(o)));
        self.scaled.push(first.iter().map(|o| (o - least) / (most - least)).collect());
    }

    fn finish(self: Box<Self>) -> Measured {
        let [small, large] = self.scaled.as_slice() else { return Err(Status::Undefined) };
        if small.iter().chain(large).any(|o| o.is_nan()) {
            return Err(Status::Constant);
        }
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let kept = |o: &f64| *o != 0.0;
        let changes: Vec<f64> =
            small.iter().zip(large).filter(|(o, p)| kept(o) && kept(p)).map(|(o, p)| (o - p).abs()).collect();
        if changes.is_empty() {
            return Err(Status::Constant);
        }
        let both = small.iter().chain(large).copied().filter(kept).collect();
        Ok(mean(changes) / mean(both))
    }
}

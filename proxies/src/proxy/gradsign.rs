//! `gradsign`: how well the loss gradients of single images agree in sign.
//!
//! ```text
//! g_ni  = d(cross entropy of image n) / d(weight i), batch norms on the statistics of image n alone
//! score = sum over convolution and linear weights i of | sum over n of sign(g_ni) |
//! ```
//!
//! Every image is a separate pass, so it costs about two forward and backward passes of the minibatch. Range: 0 to images times
//! weights; only scores with the same batch size are comparable. Half of the published programs divide by the number of weights, which
//! gives another ranking: `gradsign_mean`.

use super::{Cost, Direction, Measured, Measurement, Needs, PassKind, Proxy, ProxyInfo, Scale};
use crate::engine::{Observer, Values, Watch};
use crate::network::{Network, Parameter, Role};

/// Agreement in sign of single images' gradients, summed.
pub struct GradSign;

/// The sums of signs of the gradients so far, for each parameter that counts.
pub(super) struct Signs {
    sums: Vec<Vec<i32>>,
    weights: usize,
    /// Whether the score is the mean over the weights.
    mean: bool,
}

impl Proxy for GradSign {
    fn info(&self) -> ProxyInfo {
        ProxyInfo {
            name: "gradsign",
            direction: Direction::Higher,
            scale: Scale::Linear,
            cost: Cost::EachImage,
            summary: "agreement in sign of the loss gradients of single images",
            source: "Zhang & Jia 2022, GradSign",
        }
    }

    fn needs(&self) -> Needs {
        single_images()
    }

    fn measure(&self, net: &Network) -> Box<dyn Measurement> {
        Box::new(Signs::of(net, false))
    }
}

/// The passes over single images that show the gradients of weights.
pub(super) fn single_images() -> Needs {
    Needs::Passes(&[PassKind::SingleImages], Watch { weight_gradients: true, ..Watch::default() })
}

impl Signs {
    pub fn of(net: &Network, mean: bool) -> Self {
        let weights = net.parameters().iter().filter(|parameter| parameter.role == Role::Weight);
        Signs { sums: vec![Vec::new(); net.layers().len()], weights: weights.map(Parameter::len).sum(), mean }
    }
}

impl Observer for Signs {
    fn weight(&mut self, parameter: &Parameter, _value: Values<'_>, gradient: Values<'_>) {
        if parameter.role != Role::Weight {
            return;
        }
        let sums = &mut self.sums[parameter.layer.index()];
        sums.resize(gradient.len(), 0);
        match gradient {
            Values::F32(gradient) => {
                let signs = gradient.iter().map(|&g| i32::from(g > 0.0) - i32::from(g < 0.0));
                sums.iter_mut().zip(signs).for_each(|(sum, sign)| *sum += sign);
            }
            Values::F64(gradient) => {
                let signs = gradient.iter().map(|&g| i32::from(g > 0.0) - i32::from(g < 0.0));
                sums.iter_mut().zip(signs).for_each(|(sum, sign)| *sum += sign);
            }
        }
    }
}

impl Measurement for Signs {
    fn finish(self: Box<Self>) -> Measured {
        let total: u64 = self.sums.iter().flatten().map(|sum| u64::from(sum.unsigned_abs())).sum();
        Ok(if self.mean { total as f64 / self.weights.max(1) as f64 } else { total as f64 })
    }
}
